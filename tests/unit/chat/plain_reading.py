"""A reading of a well-behaved stream that shares nothing with ours: lines, `json.loads`, and joining by index.

Only for servers that were run; it knows none of the quirks.
"""

import json

Plain = tuple[str, list[tuple[str, str, str]], str | None, dict | None]
"""Text, calls as (id, name, arguments), finish reason, usage."""


def plain_reading(body: bytes) -> Plain:
    """What the chunks of a body say; an empty body says nothing."""
    lines = [line[6:] for line in body.decode("utf-8").split("\n") if line.startswith("data: {")]
    chunks = [json.loads(line) for line in lines]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    deltas = [choice["delta"] for choice in choices]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls") or []]
    calls = [
        _call([piece for piece in pieces if piece["index"] == index])
        for index in sorted({piece["index"] for piece in pieces})
    ]
    finishes = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    text = "".join(delta.get("content") or "" for delta in deltas)
    return text, calls, (finishes or [None])[-1], (usages or [None])[-1]


def _call(pieces: list[dict]) -> tuple[str, str, str]:
    named = next(piece for piece in pieces if piece["function"].get("name"))
    return named["id"], named["function"]["name"], "".join(piece["function"].get("arguments") or "" for piece in pieces)
