"""What client and server tell each other in `initialize`.

Knows shapes only. Invariant: without `protocolVersion` no custom message is sent; all of it is optional.
"""

from pydantic import Field

from agentls.protocol.wire import Wire


class Offer(Wire):
    """An empty object: its presence is the offer."""


class HostOffers(Wire):
    """Requests that the client answers."""

    diagnostics: Offer | None = None
    """`agent/host/diagnostics`"""
    save: Offer | None = None
    """`agent/host/saveDocuments`"""
    navigation: Offer | None = None
    """`agent/host/definition` and `agent/host/references`"""
    open_diff: Offer | None = None
    """`agent/host/openDiff`"""


class EventOptions(Wire):
    """Which notifications the client wants."""

    opt_out: list[str] = Field(default_factory=list)
    """Methods of notifications that are not to be sent."""


class AgentOptions(Wire):
    """`initializationOptions.agent`."""

    protocol_version: int | None = None
    """The highest version the client speaks. Absent: the client does not opt in."""
    host: HostOffers = Field(default_factory=HostOffers)
    """Requests that the client answers."""
    workspace_trusted: bool = True
    """False: nothing is run and nothing is written until `agent/workspace/setTrust`."""
    events: EventOptions = Field(default_factory=EventOptions)
    """Which notifications the client wants."""


class AgentCapabilities(Wire):
    """`capabilities.experimental.agent` of the server's answer."""

    protocol_version: int
    """The version that is spoken."""
    methods: list[str]
    """Requests that the server answers."""
    notifications: list[str]
    """Notifications that the server may send."""
