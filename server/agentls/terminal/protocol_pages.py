"""`agentls protocol --write|--check`: brings the generated pages up to date, or says which are not.

Knows where the project lies; what the pages say is `protocol/render`. Invariant: `--check` writes nothing.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from agentls.protocol.render import PAGES, render_pages
from agentls.protocol.render.pages import PROTOCOL_PAGE, MarkersDiffer
from agentls.world.text_files import read_text, write_text

COMMAND = "agentls protocol --write"


def main(write: bool) -> int:
    """0: the pages are as they should be (now); 1: they differ, or there is no project to look at."""
    root = project_root([Path.cwd(), Path(__file__).resolve()])
    if root is None:
        sys.stderr.write(f"No {PROTOCOL_PAGE} found here or above: run this in a checkout of agentls.\n")
        return 1
    current = {page: read_text(root / page) for page in PAGES}
    try:
        wanted = render_pages(current)
    except MarkersDiffer as error:
        sys.stderr.write(f"{PROTOCOL_PAGE}: {error}\n")
        return 1
    differing = [page for page in PAGES if current[page] != wanted[page]]
    for page in differing:
        if write:
            write_text(root / page, wanted[page])
            sys.stdout.write(f"wrote {page}\n")
        else:
            sys.stdout.write(f"{page} is not what the types say; run: {COMMAND}\n")
    if not differing:
        sys.stdout.write("The generated pages are up to date.\n")
    return 1 if differing and not write else 0


def project_root(places: Iterable[Path]) -> Path | None:
    """The first folder, at or above one of `places`, that has the page and the project file."""
    for place in places:
        for folder in (place, *place.parents):
            if (folder / PROTOCOL_PAGE).is_file() and (folder / "pyproject.toml").is_file():
                return folder
    return None
