"""The embedded scripted endpoint: a real HTTP server that streams what a script says.

Shared by the demo and the tests; labelled as scripted wherever it is used. Knows the shape of an
OpenAI-compatible endpoint and nothing of the agent that talks to it.
"""

from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import (
    Call,
    Calls,
    Cut,
    Gate,
    HttpError,
    NoHeaders,
    Raw,
    Reply,
    Text,
    Tokens,
    Unframed,
)
from agentls.world.scripted.script import Script, ScriptStep
from agentls.world.scripted.server import ScriptedEndpoint

__all__ = [
    "Call",
    "Calls",
    "Cut",
    "Gate",
    "HttpError",
    "NoHeaders",
    "Raw",
    "RecordedRequest",
    "Reply",
    "Script",
    "ScriptStep",
    "ScriptedEndpoint",
    "Text",
    "Tokens",
    "Unframed",
]
