"""An honest endpoint for the provider check: it answers by what a request asks, and is broken only where it is told to.

`async with check_endpoint(Faults(tools="refused")) as endpoint:` serves until the block ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypedDict

from agentls.world.scripted import (
    Call,
    Calls,
    Gate,
    HttpError,
    RecordedRequest,
    Reply,
    Script,
    ScriptedEndpoint,
    Text,
    Tokens,
)
from agentls.world.scripted.answer import completion
from agentls.world.scripted.server import Route

MODEL = "river-7b"
KEY = "sk-check-0123456789abcdef"
TEN = "one two three four five six seven eight nine ten"
TOOL = "record_reading"
NORTH = {"station": "north", "note": "The river is low and clear this morning."}
SOUTH = {"station": "south", "note": "The river is high and brown after the rain."}
VLLM_WORDS = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
PAGE = b"<!doctype html><html><head><title>River Chat</title></head><body>Sign in</body></html>"
TOKENS = Tokens(input=210, output=40)

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is broken; by default nothing is."""

    key: str | None = KEY
    """The key that is wanted; None: none is."""
    models: Sequence[str] = (MODEL, "river-70b", "brook-3b")
    """What the list names."""
    model_list: Literal["ok", "missing", "page", "keyed"] = "ok"
    """`keyed`: it wants no key, although completions do."""
    names: Literal["strict", "ignored"] = "strict"
    """Whether a model's name matters."""
    stream: Literal["ok", "json", "one piece", "no end", "refused", "refused with tools"] = "ok"
    thinks: int = 0
    """Words of reasoning before each answer."""
    cut: bool = False
    """Whether every answer is cut while the model thinks."""
    tools: Literal["ok", "refused", "text", "forced", "ignored"] = "ok"
    parallel: Literal["ok", "merged", "one"] = "ok"
    arguments: Literal["pieces", "whole"] = "pieces"
    results: Literal["ok", "strict ids", "refused", "unseen"] = "ok"
    usage: bool = True
    cached: bool = True
    images: Literal["ok", "refused", "blind"] = "ok"
    refuses: tuple[str, ...] = ()
    """Parameters of the body that are refused by name."""
    context: int | None = 65_536
    """What the list says of every model."""
    word: int | None = None
    """What a llama.cpp server's own word says, which makes the list look like that server's."""
    status: HttpError | None = None
    """What answers every completion."""
    says: Callable[[RecordedRequest], Reply | None] | None = None
    """Answers in place of the model, where it has a reply."""
    gate: Gate | None = None
    """Held before the end of the first answer with a tool call."""


@asynccontextmanager
async def check_endpoint(faults: Faults | None = None, *, port: int = 0) -> AsyncIterator[ScriptedEndpoint]:
    """Serve, broken as `faults` say."""
    async with ScriptedEndpoint(**served(faults or Faults()), port=port) as endpoint:
        yield endpoint


class Served(TypedDict):
    """What makes a scripted endpoint this one."""

    script: Script
    models: Sequence[str]
    routes: Mapping[str, Route]


def served(faults: Faults) -> Served:
    """The options of a scripted endpoint that is broken as `faults` say."""
    behaviour = _Behaviour(faults)
    return {
        "script": Script(then=behaviour.answer),
        "models": faults.models,
        "routes": {
            "/v1/models": behaviour.model_list,
            "/v1/v1/models": behaviour.missing,
            "/v1/chat/completions": behaviour.before_script,
            "/props": behaviour.props,
        },
    }


class _Behaviour:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    # what needs no model

    def model_list(self, request: RecordedRequest) -> Reply | None:
        faults = self.faults
        if faults.model_list == "missing":
            return self.missing(request)
        if faults.model_list == "page":
            return HttpError(200, PAGE, {"content-type": "text/html"})
        return (None if faults.model_list == "keyed" else self._wrong_key(request)) or HttpError(
            200, {"object": "list", "data": [self._entry(model) for model in faults.models]}
        )

    def _entry(self, model: str) -> Json:
        entry: dict[str, object] = {"id": model, "object": "model"}
        if self.faults.word is not None:
            return {**entry, "owned_by": "llamacpp", "meta": {"n_ctx_train": 131_072}}
        return entry if self.faults.context is None else {**entry, "context_length": self.faults.context}

    def missing(self, request: RecordedRequest) -> Reply:
        return HttpError(404, {"detail": "Not Found"})

    def props(self, request: RecordedRequest) -> Reply | None:
        if self.faults.word is None:
            return None
        return HttpError(200, {"default_generation_settings": {"n_ctx": self.faults.word}})

    def _wrong_key(self, request: RecordedRequest) -> HttpError | None:
        wanted = self.faults.key
        given = request.headers.get("authorization", "")
        if wanted is None or given == f"Bearer {wanted}":
            return None
        message = "No API key was sent." if not given else "Incorrect API key provided."
        return _error(401, message, code="invalid_api_key")

    def before_script(self, request: RecordedRequest) -> Reply | None:
        """Refusals of a completion; None where the model is asked."""
        faults = self.faults
        if faults.model_list == "page":
            return HttpError(405, PAGE, {"content-type": "text/html"})
        refused = self._wrong_key(request) or faults.status
        if refused is not None:
            return refused
        body = request.body if isinstance(request.body, dict) else {}
        for name in faults.refuses:
            if name in body:
                return _error(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
        if body.get("stream") is True and faults.stream == "refused":
            return _error(400, "Streaming is not supported by this model")
        if body.get("stream") is True and faults.stream == "refused with tools" and "tools" in body:
            return _error(400, "Tool calling is not supported in streaming mode")
        if faults.tools == "refused" and "tools" in body:
            return _error(400, VLLM_WORDS)
        if has_results(request) and faults.results in ("strict ids", "refused"):
            return self._refused_results(request)
        if has_image(request) and faults.images == "refused":
            return _error(400, f"{body.get('model')} is not a multimodal model")
        if faults.names == "ignored":
            return self.answer(request)
        return None

    def _refused_results(self, request: RecordedRequest) -> Reply | None:
        if self.faults.results == "refused":
            return _error(500, "The chat template failed: unexpected role tool")
        ids = [str(message.get("tool_call_id")) for message in request.messages if message.get("role") == "tool"]
        if all(re.fullmatch(r"[a-zA-Z0-9]{9}", each) for each in ids):
            return None
        return _error(400, f"Tool call id was {ids[0]} but must be a-z, A-Z, 0-9, with a length of 9.")

    # what the model says

    def answer(self, request: RecordedRequest) -> Reply:
        own = None if self.faults.says is None else self.faults.says(request)
        if own is not None:
            return own
        reply = self._reply(request)
        body = request.body if isinstance(request.body, dict) else {}
        if self.faults.stream == "json" and body.get("stream") is True:
            return HttpError(200, completion(reply, request), {"content-type": "application/json"})
        return reply

    def _reply(self, request: RecordedRequest) -> Text | Calls:
        faults = self.faults
        if faults.cut:
            return Text("", reasoning="hm " * 40, usage=self._usage, finish_reason="length")
        if has_image(request):
            return self._text("Red." if faults.images == "ok" else "A quiet river at dawn.")
        if has_results(request) and faults.results == "unseen":
            return self._text("Which codes do you mean?")
        if has_results(request):
            codes = re.findall(r"[NS]\d{3}", " ".join(str(message.get("content")) for message in request.messages))
            return self._text(f"The codes are {' and '.join(dict.fromkeys(codes))}.")
        if request.tool_names:
            return self._calls(request)
        return self._text(TEN)

    def _text(self, text: str) -> Text:
        whole = self.faults.stream == "one piece"
        ends = self.faults.stream != "no end"
        return Text(
            text,
            piece=10_000 if whole else 4,
            reasoning="well " * self.faults.thinks,
            usage=self._usage,
            finish=ends,
            done=ends,
        )

    def _calls(self, request: RecordedRequest) -> Text | Calls:
        faults = self.faults
        body = request.body if isinstance(request.body, dict) else {}
        forced = body.get("tool_choice") not in (None, "auto")
        if faults.tools == "text":
            written = '{"name": "record_reading", "arguments": {"station": "north", "note": "low"}}'
            return self._text(f"<tool_call>\n{written}\n</tool_call>")
        if faults.tools == "ignored" or (faults.tools == "forced" and not forced):
            return self._text("The river is low in the north and high in the south.")
        wants_two = not forced and "two tool calls" in str(request.messages[-1].get("content"))
        calls = (
            [Call(TOOL, NORTH), Call(TOOL, SOUTH)] if wants_two and faults.parallel != "one" else [Call(TOOL, NORTH)]
        )
        if wants_two and faults.parallel == "merged":
            calls = [Call(TOOL, _json(NORTH) + _json(SOUTH))]
        return Calls(
            calls,
            piece=10_000 if faults.arguments == "whole" else 6,
            reasoning="well " * faults.thinks,
            usage=self._usage,
            gates={} if faults.gate is None else {2: faults.gate},
        )

    @property
    def _usage(self) -> Tokens | None:
        if not self.faults.usage:
            return None
        return Tokens(TOKENS.input, TOKENS.output, cached=64 if self.faults.cached else None)


def has_results(request: RecordedRequest) -> bool:
    """Whether it holds results of tool calls."""
    return any(message.get("role") == "tool" for message in request.messages)


def has_image(request: RecordedRequest) -> bool:
    """Whether it holds a picture."""
    contents = [message.get("content") for message in request.messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)


def _json(value: Json) -> str:
    return json.dumps(value)


def _error(status: int, message: str, *, param: str | None = None, code: str | None = None) -> HttpError:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return HttpError(status, {"error": error})
