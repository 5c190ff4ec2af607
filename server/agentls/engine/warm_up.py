"""Work that the first turn would otherwise wait for, done in small steps while nothing else is asked for.

Knows no connection. Invariant: changes nothing but how soon things are ready.
"""

from __future__ import annotations

import asyncio

from agentls.protocol.registry import EVENT_TYPES
from agentls.tools.toolbox import Toolbox


async def build_models(toolbox: Toolbox) -> None:
    """Build the validators of events and tool arguments: about a millisecond each, one per turn of the loop."""
    tools = (toolbox.get(name) for name in toolbox.names)
    for model in (*EVENT_TYPES.values(), *(tool.arguments for tool in tools if tool is not None)):
        model.model_rebuild()
        await asyncio.sleep(0)
