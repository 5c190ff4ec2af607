"""Reads what a client saw of one session and holds it to the numbering of the protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Number = tuple[int, int]


def number_of(params: Mapping[str, Any]) -> Number:
    return params["seq"], params.get("part", 0)


def check_order(frames: Iterable[Mapping[str, Any]]) -> None:
    """Per task, as they arrived: stored ones +1 each, live ones by (seq, part); a replay repeats stored ones only."""
    last: dict[str, Number] = defaultdict(lambda: (0, 0))
    for frame in frames:
        for params, replay in _numbered(frame):
            number, before = number_of(params), last[params["taskId"]]
            if replay and "part" not in params:
                continue
            wanted = (before[0], before[1] + 1) if "part" in params else (before[0] + 1, 0)
            assert number == wanted, f"{number} after {before}"
            last[params["taskId"]] = number


def texts_of(frames: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What a client that only appends shows of each message and call; a replayed delta replaces all before it."""
    texts: dict[str, str] = defaultdict(str)
    for frame in frames:
        for params, replay in _numbered(frame):
            if "part" in params and "delta" in params:
                thing = str(params.get("messageId") or params.get("callId"))
                texts[thing] = params["delta"] if replay else texts[thing] + params["delta"]
    return dict(texts)


def _numbered(frame: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, Any], bool]]:
    """The params of a notification of a task, or of all in the answer to `agent/task/events`."""
    result = frame.get("result")
    if isinstance(result, dict) and "events" in result:
        yield from ((event["params"], True) for event in result["events"])
    elif str(frame.get("method")).startswith("agent/") and "seq" in frame["params"]:
        yield frame["params"], False
