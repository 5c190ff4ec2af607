"""The reasoning details that a gateway wants back with the next request (E11).

Knows one rule: fragments of one detail are joined, everything else is kept as it came.
"""

from agentls.chat.delta import JsonObject

_GROWING = ("text", "summary", "data")


def merge_details(pieces: list[JsonObject]) -> list[JsonObject]:
    """Join neighbouring fragments that have the same type and index."""
    merged: list[JsonObject] = []
    texts: dict[str, list[str]] = {}
    for piece in pieces:
        last = merged[-1] if merged else None
        if last is None or not _continues(last, piece):
            _settle(last, texts)
            last = dict(piece)
            merged.append(last)
            texts = {key: [value] for key in _GROWING if isinstance(value := piece.get(key), str)}
            continue
        for key, value in piece.items():
            if key in _GROWING and isinstance(value, str):
                texts.setdefault(key, []).append(value)
            elif value is not None:
                last[key] = value
    _settle(merged[-1] if merged else None, texts)
    return merged


def _continues(last: JsonObject, piece: JsonObject) -> bool:
    if last.get("type") != piece.get("type") or last.get("index") != piece.get("index"):
        return False
    ids = (last.get("id"), piece.get("id"))
    return None in ids or ids[0] == ids[1]


def _settle(detail: JsonObject | None, texts: dict[str, list[str]]) -> None:
    if detail is not None:
        detail.update({key: "".join(parts) for key, parts in texts.items()})
