"""Writes an answer in the way some server would: `render`; `expected` is what a right client comes to."""

import itertools
import json
import random
from dataclasses import replace

from tests.property.server_style import Answer, Call, Style


def expected(answer: Answer, style: Style) -> dict:
    """What a right client comes to."""
    said = bool(answer.text or answer.reasoning or answer.calls)
    is_inferred = style.finish == "missing"
    if is_inferred and not said:
        return {"failure": "emptyResponse"}
    return {
        "reasoning": answer.reasoning,
        "text": answer.text,
        "calls": [(None if style.id == "never" else one.id, one.name, one.arguments) for one in answer.calls],
        "reason": ("tool_calls" if answer.calls else "stop") if is_inferred else answer.reason,
        "usage": answer.usage,
    }


def pieces(text: str, chance: random.Random) -> list[str]:
    """The text in one to five pieces."""
    edges = sorted({0, len(text), *(chance.randrange(len(text) + 1) for _ in range(chance.randrange(5)))})
    return [text[start:end] for start, end in itertools.pairwise(edges)] if text else []


def argument_pieces(arguments: dict, style: Style, chance: random.Random) -> list[object]:
    """What the `arguments` of the pieces of one call are; `...` for a piece without the key."""
    text = json.dumps(arguments, ensure_ascii=chance.random() < 0.5)
    match style.arguments:
        case "whole":
            return [text]
        case "object":
            return [arguments]
        case "null tail":
            return ["", *pieces(text, chance), None]
        case "missing first":
            return [..., *pieces(text, chance)]
        case "placeholder":
            return ["{}", *pieces(text, chance)] if arguments else ["{}"]
        case "twice encoded":
            return [json.dumps(text)]
        case "grown":
            cuts = pieces(text, chance)
            grown = ["".join(cuts[: place + 1]) for place in range(len(cuts))]
            return grown if not begins_with_object("".join(grown)) else cuts  # else nobody could tell
    return ["", *pieces(text, chance)]


def begins_with_object(text: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(text)
    except ValueError:
        return False
    return True


def call_pieces(place: int, call: Call, style: Style, chance: random.Random) -> list[dict]:
    """The entries of `tool_calls` that tell one call."""
    out = []
    told = argument_pieces(call.arguments, style, chance)
    if style.id == "late":
        told = [..., *told]
    for number, arguments in enumerate(told):
        first = number == 0
        entry: dict = {"type": "function"} if first or chance.random() < 0.5 else {}
        key = {
            "count": place,
            "from one": place + 1,
            "text": str(place),
            "float": float(place),
            "zero": 0,
            "minus one": -1,
        }
        if style.index in key:
            entry["index"] = key[style.index]
        elif style.index == "later only" and not first:
            entry["index"] = place
        elif style.index == "by chunk":
            entry["index"] = 10 * place + number
        is_told = {"every": True, "another": True, "late": number == 1, "never": False}.get(style.id, first)
        if is_told:
            entry["id"] = call.id if first or style.id != "another" else f"{call.id}-{number}"
        elif style.id in ("empty", "null"):
            entry["id"] = "" if style.id == "empty" else None
        function: dict = {}
        if first or style.name == "every":
            function["name"] = call.name
        elif style.name != "once":
            function["name"] = "" if style.name == "empty" else None
        if arguments is not ...:
            function["arguments"] = arguments
        items = [*entry.items(), ("function", function)]
        chance.shuffle(items)
        out.append(dict(items))
    return out


def call_deltas(answer: Answer, style: Style, chance: random.Random) -> list[dict]:
    """The deltas that tell the calls, in the style's order."""
    queues = [call_pieces(place, call, style, chance) for place, call in enumerate(answer.calls)]
    if style.order == "one chunk" and queues:
        return [{"tool_calls": [piece for queue in queues for piece in queue]}]
    told: list[dict] = []
    if style.order == "interleaved":
        told = [queue.pop(0) for queue in queues]
    while any(queues):
        choices = [queue for queue in queues if queue]
        queue = chance.choice(choices) if style.order == "interleaved" else choices[0]
        told.append(queue.pop(0))
    return [{"tool_calls": piece if style.container == "object" else [piece]} for piece in told]


def reasoning_delta(text: str, style: Style) -> dict:
    match style.reasoning:
        case "both":
            return {"reasoning": text, "reasoning_content": text}
        case "parts":
            return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}
    return {style.reasoning: text}


def deltas(answer: Answer, style: Style, chance: random.Random) -> list[dict]:
    """Every delta of the answer, noise included."""
    out = [reasoning_delta(piece, style) for piece in pieces(answer.reasoning, chance)]
    for piece in pieces(answer.text, chance):
        parts = [{"type": "text", "text": piece}]
        out.append({"content": parts if style.content == "parts" else piece})
    out += call_deltas(answer, style, chance)
    for number, delta in enumerate(out):
        if style.role == "every" or (style.role == "first" and number == 0):
            delta["role"] = "assistant"
        elif style.role in ("empty", "null"):
            delta["role"] = "" if style.role == "empty" else None
        if style.content == "with nulls" and "content" not in delta:
            delta["content"] = None
        if "tool_calls" not in delta and style.no_calls != "absent":
            delta["tool_calls"] = None if style.no_calls == "null" else []
    return out


def payloads(answer: Answer, style: Style, chance: random.Random) -> list[dict]:
    """The chunks of the stream."""
    told = deltas(answer, style, chance)
    is_early = style.finish == "before the last call"
    last = [delta for delta in told if delta.get("tool_calls")][-1:] if is_early else []
    chunks = [{"choices": [choice(delta, style)]} for delta in told if not any(delta is one for one in last)]
    if style.finish == "last delta" and chunks:
        chunks[-1]["choices"][0]["finish_reason"] = answer.reason
    elif style.finish != "missing":
        chunks.append({"choices": [choice({}, style, answer.reason)]})
    chunks += [{"choices": [choice(delta, style)]} for delta in last]
    if style.finish in ("repeated", "reset"):
        chunks.append(
            {"choices": [choice({"content": ""}, style, answer.reason if style.finish == "repeated" else None)]}
        )
    if style.other_choice:
        for chunk in chunks:
            chunk["choices"].append({"index": 1, "delta": {"content": "another"}, "finish_reason": None})
    add_usage(chunks, answer, style)
    return chunks


def choice(delta: dict, style: Style, reason: str | None = None) -> dict:
    shown = "" if style.finish == "empties" and reason is None else reason
    return {"index": 0, "delta": delta, "finish_reason": shown}


def add_usage(chunks: list[dict], answer: Answer, style: Style) -> None:
    """Put the usage where the style has it."""
    if answer.usage is None:
        for chunk in chunks:
            chunk["usage"] = None
        return
    if style.usage == "every chunk":
        for number, chunk in enumerate(chunks):
            chunk["usage"] = {"prompt_tokens": 7, "completion_tokens": None if number % 2 else 1, "total_tokens": None}
    if style.usage in ("with the finish", "twice", "every chunk") and chunks:
        chunks[-1]["usage"] = answer.usage
    if style.usage == "in the choice" and chunks:
        chunks[-1]["choices"][0]["usage"] = answer.usage
    elif style.usage in ("trailing", "twice") or not chunks:
        chunks.append({"choices": [], "usage": answer.usage})


def message(answer: Answer, style: Style, chance: random.Random) -> dict:
    """The answer as one completion (D13)."""
    said: dict = {"role": "assistant", "content": answer.text or None}
    if answer.reasoning:
        said["reasoning" if style.reasoning == "reasoning" else "reasoning_content"] = answer.reasoning
    if answer.calls:
        whole = replace(style, arguments="object" if style.arguments == "object" else "whole", id="once", name="once")
        index = style.index if style.index != "later only" else "missing"
        whole = replace(whole, index=index if index != "by chunk" else "count")
        said["tool_calls"] = [call_pieces(n, call, whole, chance)[0] for n, call in enumerate(answer.calls)]
    if style.id == "never":
        for call in said.get("tool_calls", ()):
            call.pop("id")
    body = {"object": "chat.completion", "choices": [{"index": 0, "message": said, "finish_reason": answer.reason}]}
    return {**body, "usage": answer.usage}


def growing(answer: Answer, style: Style, chance: random.Random) -> list[dict]:
    """Messages without deltas, each with the whole text so far (C1), then the calls."""
    whole = message(answer, style, chance)
    words = pieces(answer.text, chance)
    chunks = []
    for number in range(1, len(words)):
        said = {"role": "assistant", "content": "".join(words[:number])}
        chunks.append({"choices": [{"index": 0, "message": said, "finish_reason": None}]})
    return [*chunks, whole]


def framed(chunks: list[dict], style: Style, chance: random.Random) -> bytes:
    """The chunks as server-sent events."""
    lines: list[str] = []
    gap = "" if style.framing == "no blank lines" else "\n"
    for chunk in chunks:
        is_pretty = style.framing == "pretty"
        text = json.dumps(chunk, ensure_ascii=chance.random() < 0.5, indent=1 if is_pretty else None)
        if style.framing == "comments":
            lines.append(": keep-alive\n\n" if chance.random() < 0.5 else ": x\n")
        elif style.framing == "wrapped comments":
            lines.append("data: : PROCESSING\n\n")
        elif style.framing == "empty":
            lines.append(chance.choice(["data:\n\n", "data: {}\n\n", "data: null\n\n", "\n"]))
        elif style.framing == "named":
            lines.append(chance.choice(["event: message\n", "id: 7\n", "retry: 10\n"]))
        lines += [f"{style.prefix}{line}\n" for line in text.split("\n")]
        lines.append(gap)
    if style.done:
        lines.append(f"{style.done}\n\n")
    text = "".join(lines).replace("\n", style.newline)
    return ("\ufeff" if style.framing == "byte order mark" else "").encode() + text.encode()


def render(answer: Answer, style: Style, chance: random.Random) -> bytes:
    """The body that tells this answer in this style."""
    match style.shape:
        case "message":
            indent = 1 if style.framing == "pretty" else None
            return json.dumps(message(answer, style, chance), indent=indent).encode()
        case "message as an event":
            return framed([message(answer, style, chance)], style, chance)
        case "growing message":
            return framed(growing(answer, style, chance), style, chance)
        case "lines":
            newline = "\n" if style.newline == "\r" else style.newline
            return newline.join(json.dumps(chunk) for chunk in payloads(answer, style, chance)).encode()
        case "array":
            return json.dumps(payloads(answer, style, chance)).encode()
    return framed(payloads(answer, style, chance), style, chance)
