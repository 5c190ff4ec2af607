"""Where a secret could be found after a session: the spellings to look for, and who has one of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> list[bytes]:
    """The secret in every spelling that the scan looks for."""
    encoded = [base64.b64encode(b"\0" * shift + secret.encode()).decode()[4:-6] for shift in range(3)]
    plain = [secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), quote(secret), quote(secret, safe="")]
    return [form.encode() for form in {*plain, *encoded, secret[::-1]}]


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder as a place."""
    return {f"disk {path}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaks(secret: str, places: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """Each place that has the secret, with the spelling."""
    return [(place, form) for place, text in places.items() for form in forms(secret) if form in text]
