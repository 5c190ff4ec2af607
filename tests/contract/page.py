"""protocol.md as data: headings, links, and the examples with their info strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.contract.source_tree import ROOT

PAGE = ROOT / "protocol.md"


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block like `json agent/turn/start params`."""

    method: str
    part: str
    text: str


def page_text() -> str:
    return PAGE.read_text(encoding="utf-8")


def headings() -> list[str]:
    """All headings outside fences, without their number signs."""
    return re.findall(r"^#+ (.*)$", _without_fences(page_text()), re.MULTILINE)


def links() -> list[str]:
    """The anchors that links within the page point to."""
    return re.findall(r"\]\(#([^)]*)\)", _without_fences(page_text()))


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def examples() -> list[Example]:
    """Every example of the page, in order."""
    blocks = re.findall(r"^```json (\S+) (\S+)\n(.*?)^```$", page_text(), re.MULTILINE | re.DOTALL)
    return [Example(*block) for block in blocks]


def _without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
