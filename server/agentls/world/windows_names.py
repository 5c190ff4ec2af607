"""Windows spellings that name something else than they show (B081). Pure, so it is tested on every system."""

from __future__ import annotations

import re
from typing import Final

_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_SHORT_NAME: Final = re.compile(r"~[0-9]")
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def windows_refusal(text: str) -> str | None:
    """Return why Windows would take `text` for another file than it says, or None when it is plain."""
    if text.startswith(("\\\\", "//", "\\??\\")):
        return "Network and device paths cannot be used."
    drive = _DRIVE.match(text)
    for name in re.split(r"[\\/]", text[drive.end() :] if drive else text):
        if name in ("", ".", ".."):
            continue
        if name[-1] in ". ":
            return f"The name {name!r} ends with a dot or a space."
        if ":" in name:
            return f"The name {name!r} contains a colon (a drive or an alternate stream)."
        if _SHORT_NAME.search(name):
            return f"The name {name!r} looks like a short (8.3) name; use the long one."
        if _RESERVED.fullmatch(name):
            return f"{name!r} is a device on Windows."
    return None
