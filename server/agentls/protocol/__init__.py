"""The words agentls speaks with an editor: pydantic models, the method registry, error codes.

Knows nothing of who sends them. Pure: no I/O, no clock, no asyncio; imports no other room.
Invariant: `registry.py` and the models are the one source of protocol.md and the TypeScript types.
"""
