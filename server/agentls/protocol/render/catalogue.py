"""Which models a page must show, in which order, and in which direction each travels.

Knows the registry; knows no output format. Invariant: every model reachable from a method is in it once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from agentls.protocol import task_state, values
from agentls.protocol.error_data import InvalidParamsData, RequestErrorData
from agentls.protocol.errors import RequestErrorCode
from agentls.protocol.event import Envelope
from agentls.protocol.opening import AgentCapabilities, AgentOptions
from agentls.protocol.registry import NOTIFICATIONS, REQUESTS
from agentls.protocol.render.shapes import Ref, Shape, UnknownShape, fields_of, refs_in, shape_of
from agentls.protocol.wire import Wire

_NAMED: dict[str, object] = {
    "TaskState": values.TaskState,
    "TurnEnd": values.TurnEnd,
    "PromptSource": values.PromptSource,
    "PromptState": values.PromptState,
    "ToolKind": values.ToolKind,
    "ResultStatus": values.ResultStatus,
    "OutputStream": values.OutputStream,
    "TextSource": values.TextSource,
    "Decision": values.Decision,
    "ResolvedBy": values.ResolvedBy,
    "ApprovalMode": values.ApprovalMode,
    "NoticeLevel": values.NoticeLevel,
    "TurnErrorCode": values.TurnErrorCode,
    "RequestErrorCode": RequestErrorCode,
    "Block": values.Block,
    "Content": values.Content,
    "Subject": values.Subject,
    "Item": task_state.Item,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models, by direction."""

    sent: frozenset[type[Wire]]
    """Reachable from what a client sends."""
    received: frozenset[type[Wire]]
    """Reachable from what a client receives."""
    shared: tuple[type[Wire], ...]
    """Those that are not the params, result or payload of a method themselves; by name."""
    named: dict[Shape, str]
    """Unions and choices that have a name of their own."""

    def all_optional_when_sent(self, shape: Shape) -> bool:
        """Whether a reference to this model, when sent, may leave out fields that are always received."""
        if not isinstance(shape, Ref) or shape.model not in self.sent or shape.model not in self.received:
            return False
        fields = fields_of(shape.model)
        if not any(field.defaulted and not field.is_tag for field in fields):
            return False
        if all(field.defaulted or field.may_be_absent for field in fields):
            return True
        raise UnknownShape(f"{shape.model.__name__} is sent and received and has both defaults and required fields")


@cache
def catalogue() -> Catalogue:
    """The catalogue of the registry as it is."""
    sent = _closure([AgentOptions, *(row.params for row in REQUESTS.values())])
    received = _closure(
        [
            Envelope,
            AgentCapabilities,
            RequestErrorData,
            InvalidParamsData,
            *(row.result for row in REQUESTS.values()),
            *(row.params for row in NOTIFICATIONS.values()),
        ]
    )
    own = {model for row in REQUESTS.values() for model in (row.params, row.result)}
    own |= {row.params for row in NOTIFICATIONS.values()}
    shared = sorted((sent | received) - own, key=lambda model: model.__name__)
    named = {shape_of(annotation): name for name, annotation in _NAMED.items()}
    return Catalogue(frozenset(sent), frozenset(received), tuple(shared), named)


def _closure(roots: Iterable[type[Wire]]) -> set[type[Wire]]:
    found: set[type[Wire]] = set()
    waiting = list(roots)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            for field in fields_of(model):
                waiting.extend(refs_in(field.shape))
    return found
