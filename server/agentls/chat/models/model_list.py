"""A model list, whoever wrote it: bytes to facts about models.

Knows the shapes of quirk section H, read by which keys are there, never by a provider's name. Invariant: any bytes give
a list or NotAModelList in bounded memory; what is no list is never an empty one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from agentls.chat.models.model_facts import ModelFacts, merged, read_facts
from agentls.chat.models.model_json import NotJson, read_json
from agentls.chat.models.model_numbers import read_tokens

MOST_MODELS: Final = 5000
"""The largest public lists have some hundreds."""
_LISTS: Final = ("data", "models", "result")
_OWNERS: Final = {
    "llamacpp": "llamacpp",
    "library": "ollama",
    "organization_owner": "lmstudio",
    "vllm": "vllm",
    "sglang": "sglang",
}
"""What `owned_by` says where the server writes its own name for it."""
_LONGEST_CURSOR: Final = 500


class NotAModelList(Exception):
    """The body is no model list; `error` is the server's own error in it, if there is one."""

    def __init__(self, reason: str, error: object = None) -> None:
        super().__init__(reason)
        self.error = error


@dataclass(frozen=True, slots=True)
class ModelList:
    """One page of a list."""

    models: tuple[ModelFacts, ...]
    """In the server's order, each id once."""
    kind: str = ""
    """The kind of server that writes such lists, a key of `chat.server.NAMES`, where the shape tells."""
    next_page: str = ""
    """The query that asks for the next page; empty on the last."""


def read_model_list(body: bytes) -> tuple[ModelFacts, ...]:
    """The models of a list. Raises NotAModelList."""
    return parse_model_list(body).models


def parse_model_list(body: bytes) -> ModelList:
    """One page of a list, with what its shape tells of the server. Raises NotAModelList."""
    try:
        value = read_json(body)
    except NotJson as odd:
        raise NotAModelList(f"the answer {odd}") from odd
    entries, extra = _entries(value)
    found: dict[str, ModelFacts] = {}
    for entry in entries[:MOST_MODELS]:
        facts = read_facts(entry)
        if facts is not None:
            before = found.get(facts.id)
            found[facts.id] = facts if before is None else merged(before, facts)
    if entries and not found:
        raise NotAModelList("no entry of the list has an id")
    for entry in extra[:MOST_MODELS]:
        more = read_facts(entry)
        if more is not None and more.id in found:
            found[more.id] = merged(found[more.id], more)
    page = _next_page(value) if isinstance(value, dict) else ""
    return ModelList(tuple(found.values()), _kind(entries), page)


def find_model(models: Iterable[ModelFacts], model_id: str) -> ModelFacts | None:
    """The entry for a model as the user names it.

    Exactly, then without case, then without the `models/` of Gemini and the `:latest` of Ollama. A router's variant
    (`name:variant`) that is not listed is its model at a price that is not known.
    """
    by_id = {facts.id: facts for facts in models}
    plain = {_plain(each): facts for each, facts in reversed(by_id.items())}
    found = by_id.get(model_id) or plain.get(_plain(model_id))
    if found is not None:
        return found
    base, colon, _ = model_id.rpartition(":")
    routed = plain.get(_plain(base)) if colon and "/" in base else None
    return None if routed is None else _unpriced(routed)


def _unpriced(facts: ModelFacts) -> ModelFacts:
    return replace(facts, input_price=None, output_price=None, cache_read_price=None, cache_write_price=None)


def _plain(model_id: str) -> str:
    return model_id.casefold().removeprefix("models/").removesuffix(":latest")


def _entries(value: object) -> tuple[Sequence[object], Sequence[object]]:
    """The list's entries, and a second list of the same models that some servers add. Raises NotAModelList."""
    if isinstance(value, list):
        return value, ()
    if not isinstance(value, dict):
        raise NotAModelList("the answer is no list of models")
    failed = value.get("error") or (value.get("errors") if value.get("success") is False else None)
    if failed:
        raise NotAModelList("the answer is an error", error=value)
    for name in _LISTS:
        inner = value.get(name)
        if isinstance(inner, dict):
            inner = next((inner[each] for each in _LISTS if isinstance(inner.get(each), list)), None)
        if isinstance(inner, list):
            second = value.get("models") if name != "models" else None
            return inner, second if isinstance(second, list) else ()
    if value.get("object") == "list" and "data" in value and value["data"] is None:
        return (), ()  # a server without any model, written by a language whose empty list is null
    raise NotAModelList("the answer has no list of models", error=value)


def _next_page(value: Mapping[str, object]) -> str:
    """Anthropic's, Google's and Cloudflare's ways of saying that there is more."""
    last, token = value.get("last_id"), value.get("nextPageToken")
    if value.get("has_more") is True and isinstance(last, str) and 0 < len(last) <= _LONGEST_CURSOR:
        return f"after_id={quote(last, safe='')}"
    if isinstance(token, str) and 0 < len(token) <= _LONGEST_CURSOR:
        return f"pageToken={quote(token, safe='')}"
    info = value.get("result_info")
    counts = [info.get(key) for key in ("page", "per_page", "total_count")] if isinstance(info, dict) else []
    page, size, total = (read_tokens(each) for each in counts) if counts else (None, None, None)
    return f"page={page + 1}" if page and size and total and page * size < total else ""


def _kind(entries: Sequence[object]) -> str:
    for entry in entries[:20]:
        if not isinstance(entry, dict):
            continue
        meta, owner = entry.get("meta"), entry.get("owned_by")
        if isinstance(meta, dict) and "n_ctx_train" in meta:
            return "llamacpp"
        if isinstance(owner, str) and owner in _OWNERS:
            return _OWNERS[owner]
    return ""
