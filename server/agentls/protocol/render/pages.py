"""The generated pages: what they are called and how the generated blocks go between their markers.

Pure: page texts in, page texts out. Invariant: text outside the markers is never touched, and every marker
has a block and every block a marker.
"""

import re
from collections.abc import Mapping

from agentls.protocol.render.markdown import blocks
from agentls.protocol.render.typescript import typescript

PROTOCOL_PAGE = "protocol.md"
TYPES_FILE = "client-vscode/src/protocol.gen.ts"
PAGES = (PROTOCOL_PAGE, TYPES_FILE)

_BLOCK = re.compile(r"<!-- gen:([a-z-]+) -->\n(.*?)<!-- /gen -->", re.DOTALL)


class MarkersDiffer(Exception):
    """The page's markers and the blocks do not match, one to one."""


def render_pages(current: Mapping[str, str]) -> Mapping[str, str]:
    """Every page by its path from the project's root, as it should be. Raises MarkersDiffer."""
    return {
        PROTOCOL_PAGE: fill(current.get(PROTOCOL_PAGE, ""), blocks()),
        TYPES_FILE: typescript(),
    }


def fill(page: str, generated: Mapping[str, str]) -> str:
    """`page` with the text between each pair of markers replaced. Raises MarkersDiffer."""
    names = _BLOCK.findall(page)
    found = sorted(name for name, _ in names)
    if found != sorted(generated):
        missing = sorted(set(generated) - set(found))
        raise MarkersDiffer(f"markers in the page: {found}; without a marker: {missing}")
    return _BLOCK.sub(lambda match: f"<!-- gen:{match[1]} -->\n{generated[match[1]]}\n<!-- /gen -->", page)
