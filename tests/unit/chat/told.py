"""What a stream told, folded from its events, so that tests can compare wholes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from agentls.chat.events import (
    CallDelta,
    CallMalformed,
    CallReady,
    CallStarted,
    ExtraReported,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    StreamFailed,
    TextDelta,
    UsageReported,
)
from agentls.chat.field import Field
from agentls.chat.stream import ChatStream


@dataclass
class ToldCall:
    id: str | None
    name: str
    text: str = ""
    fields: list[Field] = field(default_factory=list)
    arguments: dict | None = None
    malformed: CallMalformed | None = None


@dataclass
class Told:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[ToldCall] = field(default_factory=list)
    extra: dict | None = None
    usage: dict | None = None
    finished: Finished | None = None
    failed: StreamFailed | None = None
    order: list[str] = field(default_factory=list)
    """The kinds of event, runs of the same delta once."""


def fold(events: Iterable[StreamEvent]) -> Told:
    """Fold events, holding them to what every stream must keep to."""
    told = Told()
    for event in events:
        assert told.finished is None, "nothing follows the end"
        assert told.failed is None, "nothing follows the failure"
        kind = type(event).__name__ + (str(event.index) if hasattr(event, "index") else "")
        if not told.order or told.order[-1] != kind:
            told.order.append(kind)
        take(told, event)
    for call in told.calls:
        call.fields = merged(call.fields)
        assert call.arguments is None or call.malformed is None
    return told


def take(told: Told, event: StreamEvent) -> None:
    match event:
        case TextDelta(text):
            told.text += text
        case ReasoningDelta(text):
            told.reasoning += text
        case RefusalDelta(text):
            told.refusal += text
        case CallStarted(index, provider_call_id, name):
            assert index == len(told.calls)
            told.calls.append(ToldCall(provider_call_id, name))
        case CallDelta(index, text, fields):
            told.calls[index].text += text
            told.calls[index].fields += fields
        case CallReady(index, arguments):
            assert told.calls[index].arguments is None, "ready once"
            told.calls[index].arguments = arguments
        case CallMalformed(index):
            told.calls[index].malformed = event
        case ExtraReported(extra):
            told.extra = extra
        case UsageReported(usage):
            assert told.usage is None, "usage once"
            told.usage = usage.raw
        case Finished():
            told.finished = event
        case StreamFailed():
            told.failed = event
        case _:
            assert_never(event)


def merged(fields: Sequence[Field]) -> list[Field]:
    """Neighbouring appends to one path as one."""
    out: list[Field] = []
    for one in fields:
        if out and one.append is not None and out[-1].append is not None and out[-1].path == one.path:
            out[-1] = Field(one.path, out[-1].append + one.append)
        else:
            out.append(one)
    return out


def tell(body: bytes, cuts: Sequence[int] = (), tool_names: Collection[str] = ()) -> Told:
    """Run a whole body through a stream, cut at these offsets."""
    stream = ChatStream(tool_names=tool_names)
    events: list[StreamEvent] = []
    start = 0
    for cut in [*sorted(cuts), len(body)]:
        events += stream.feed(body[start:cut])
        start = cut
    events += stream.close()
    assert stream.close() == []
    assert stream.feed(b"data: more") == []
    told = fold(events)
    assert (told.finished is None) != (told.failed is None), "exactly one end"
    return told


def apply(fields: Iterable[Field]) -> dict:
    """Rebuild the object that fields tell, as a client would."""
    root: dict = {}
    for one in fields:
        place: dict | list = root
        for key, after in zip(one.path, one.path[1:], strict=False):
            place = child(place, key, {} if isinstance(after, str) else [])
        last = one.path[-1]
        if one.append is None:
            put(place, last, one.value)
        else:
            put(place, last, child(place, last, "") + one.append)
    return root


def child(place, key, empty):
    if isinstance(place, dict):
        return place.setdefault(key, empty)
    if len(place) <= key:
        place.append(empty)
    return place[key]


def put(place, key, value) -> None:
    if isinstance(place, list) and len(place) <= key:
        place.append(value)
    else:
        place[key] = value
