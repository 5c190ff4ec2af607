"""The `data` of a failed request, as models: for the page, the types and clients that check them.

Knows shapes only; `errors.py` has the codes and stays cheap to import.
Invariant: every error the server answers with −32803 or −32602 carries one of these.
"""

from agentls.protocol.errors import RequestErrorCode
from agentls.protocol.wire import Wire


class RequestErrorData(Wire):
    """The `data` of an error −32803."""

    code: RequestErrorCode
    """The stable name of the failure."""
    advice: str
    """A sentence the user can act on."""
    retryable: bool
    """Whether the same request may succeed later."""


class InvalidParamsData(Wire):
    """The `data` of an error −32602."""

    path: str
    """The field, for example `provider.baseUrl` or `prompt[0].text`; empty for the params as a whole."""
