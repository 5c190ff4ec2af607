"""Renders a model answer as chunks of a stream or as one completion.

Must not know sockets or pace. Deterministic: the same reply and request give the same bytes.
"""

import itertools
import json
from collections.abc import Iterator, Mapping

from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import Call, Calls, Text, Tokens

MODEL_ID = "scripted"
_CREATED_S = 1_750_000_000

Json = Mapping[str, object]


def stream_events(reply: Text | Calls, request: RecordedRequest) -> list[bytes]:
    """Return the server-sent events of the reply, each with its blank line."""
    base = {
        "id": f"chatcmpl-scripted-{request.number}",
        "object": "chat.completion.chunk",
        "created": _CREATED_S,
        "model": _model(request),
    }
    events: list[bytes] = []
    for delta in _deltas(reply, request):
        events.append(_event({**base, "choices": [_choice(delta, None)]}))
    if reply.finish:
        events.append(_event({**base, "choices": [_choice({}, _finish_reason(reply))]}))
    if reply.usage is not None and (reply.usage_unasked or _asks_for_usage(request)):
        events.append(_event({**base, "choices": [], "usage": _usage(reply.usage)}))
    if reply.done:
        events.append(b"data: [DONE]\n\n")
    return events


def completion(reply: Text | Calls, request: RecordedRequest) -> bytes:
    """Return the body of the answer to a request that does not stream."""
    message: dict[str, object] = {"role": "assistant", "content": reply.text or None}
    if reply.reasoning:
        message[reply.reasoning_field] = reply.reasoning
    if isinstance(reply, Calls):
        message["tool_calls"] = [
            {
                "id": _call_id(call, request, index),
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call)},
            }
            for index, call in enumerate(reply.calls)
        ]
    body: dict[str, object] = {
        "id": f"chatcmpl-scripted-{request.number}",
        "object": "chat.completion",
        "created": _CREATED_S,
        "model": _model(request),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish_reason(reply)}],
    }
    if reply.usage is not None:
        body["usage"] = _usage(reply.usage)
    return _json(body)


def _deltas(reply: Text | Calls, request: RecordedRequest) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for piece in _pieces(reply.reasoning, reply.piece):
        yield {reply.reasoning_field: piece}
    for piece in _pieces(reply.text, reply.piece):
        yield {"content": piece}
    if isinstance(reply, Calls):
        yield from _call_deltas(reply, request)


def _call_deltas(reply: Calls, request: RecordedRequest) -> Iterator[Json]:
    streams = [_one_call(call, index, reply.piece, request) for index, call in enumerate(reply.calls)]
    if reply.interleave:
        for dealt in itertools.zip_longest(*streams):
            yield from (delta for delta in dealt if delta is not None)
    else:
        yield from itertools.chain.from_iterable(streams)


def _one_call(call: Call, index: int, piece: int, request: RecordedRequest) -> Iterator[Json]:
    head = {
        "index": index,
        "id": _call_id(call, request, index),
        "type": "function",
        "function": {"name": call.name, "arguments": ""},
    }
    yield {"tool_calls": [head]}
    for part in _pieces(_arguments(call), piece):
        yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _pieces(text: str, size: int) -> Iterator[str]:
    step = max(1, size)
    return (text[start : start + step] for start in range(0, len(text), step))


def _call_id(call: Call, request: RecordedRequest, index: int) -> str:
    return call.id if call.id is not None else f"call_{request.number}_{index}"


def _arguments(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments))


def _finish_reason(reply: Text | Calls) -> str:
    if reply.finish_reason is not None:
        return reply.finish_reason
    return "tool_calls" if isinstance(reply, Calls) and reply.calls else "stop"


def _choice(delta: Json, finish_reason: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _usage(tokens: Tokens) -> Json:
    usage: dict[str, object] = {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }
    if tokens.cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": tokens.cached}
    if tokens.reasoning is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
    return usage


def _asks_for_usage(request: RecordedRequest) -> bool:
    options = request.body.get("stream_options") if isinstance(request.body, dict) else None
    return isinstance(options, dict) and options.get("include_usage") is True


def _model(request: RecordedRequest) -> str:
    model = request.body.get("model") if isinstance(request.body, dict) else None
    return model if isinstance(model, str) else MODEL_ID


def _event(value: Json) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
