"""What a local server says of the model it runs, beside its model list: answers to bytes, bytes to a word.

Knows the shapes of llama.cpp, Ollama and LM Studio (quirk section H); opens nothing. Invariant: total; the
window in force is kept apart from what the model is made for (H3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from agentls.chat.models.model_facts import ModelFacts
from agentls.chat.models.model_json import NotJson, read_json
from agentls.chat.models.model_list import NotAModelList, find_model, read_model_list
from agentls.chat.models.model_numbers import read_flag, read_tokens

_LONGEST_PARAMETERS: Final = 20_000
_TEMPLATE_FLAGS: Final = ("supports_tools", "supports_tool_calls")


@dataclass(frozen=True, slots=True)
class ServerWord:
    """The server's own word on one model."""

    source: str
    """The path it was read from, for people."""
    context_window: int | None = None
    """Tokens that the running server takes; None where it does not say."""
    trained_window: int | None = None
    """Tokens that the model is made for."""
    tool_support: bool | None = None
    image_support: bool | None = None
    is_loaded: bool | None = None
    """Whether the model is in memory now."""


def word_of_props(body: bytes) -> ServerWord | None:
    """llama.cpp's `/props`: the window of one slot, what the chat template can do."""
    value = _object(body)
    settings = value.get("default_generation_settings")
    caps, modalities = value.get("chat_template_caps"), value.get("modalities")
    if not isinstance(settings, dict):
        return None
    flags = [read_flag(caps.get(key)) for key in _TEMPLATE_FLAGS] if isinstance(caps, dict) else []
    known = [flag for flag in flags if flag is not None]
    return ServerWord(
        "/props",
        context_window=read_tokens(settings.get("n_ctx")) or read_tokens(value.get("n_ctx")),
        tool_support=all(known) if known else None,
        image_support=read_flag(modalities.get("vision")) if isinstance(modalities, dict) else None,
        is_loaded=True,
    )


def word_of_show(body: bytes) -> ServerWord | None:
    """Ollama's `/api/show`: what the model can do, its training, and the `num_ctx` of its Modelfile."""
    value = _object(body)
    info, abilities, parameters = value.get("model_info"), value.get("capabilities"), value.get("parameters")
    if not isinstance(info, dict) and not isinstance(abilities, list):
        return None
    trained = None
    for key, found in info.items() if isinstance(info, dict) else ():
        if isinstance(key, str) and key.endswith(".context_length"):
            trained = trained or read_tokens(found)
    can = set(map(str, abilities)) if isinstance(abilities, list) else None
    return ServerWord(
        "/api/show",
        context_window=_parameter(parameters, "num_ctx"),
        trained_window=trained,
        tool_support=None if can is None else "tools" in can,
        image_support=None if can is None else "vision" in can,
    )


def with_running(word: ServerWord, body: bytes, model_id: str) -> ServerWord:
    """`word` with Ollama's `/api/ps`: the window that a loaded model was given, which is what holds."""
    running = _object(body).get("models")
    for entry in running[:200] if isinstance(running, list) else ():
        names = [entry.get(key) for key in ("model", "name")] if isinstance(entry, dict) else []
        if not any(isinstance(name, str) and find_model([ModelFacts(name)], model_id) for name in names):
            continue
        window = read_tokens(entry.get("context_length"))
        if window is None:
            return replace(word, is_loaded=True)
        return replace(word, source="/api/ps", context_window=window, is_loaded=True)
    return replace(word, is_loaded=False)


def word_of_loaded(body: bytes, model_id: str) -> ServerWord | None:
    """LM Studio's `/api/v0/models`: a list that says which models are loaded, and how."""
    try:
        facts = find_model(read_model_list(body), model_id)
    except NotAModelList:
        return None
    if facts is None:
        return None
    loaded, trained = _loaded(body, facts.id)
    return ServerWord(
        "/api/v0/models",
        context_window=facts.context_window if loaded is not False else None,
        trained_window=trained,
        tool_support=facts.tool_support,
        image_support=facts.image_support,
        is_loaded=loaded,
    )


def _loaded(body: bytes, model_id: str) -> tuple[bool | None, int | None]:
    """Whether the model is loaded, where the entry has a `state`, and what it is made for."""
    entries = _object(body).get("data")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("id") == model_id:
            state = entry.get("state")
            loaded = state == "loaded" if isinstance(state, str) else None
            return loaded, read_tokens(entry.get("max_context_length"))
    return None, None


def _parameter(text: object, name: str) -> int | None:
    """A number of a Modelfile's parameters: lines of a name, spaces and a value."""
    for line in text[:_LONGEST_PARAMETERS].splitlines() if isinstance(text, str) else ():
        words = line.split()
        if len(words) == 2 and words[0] == name:
            return read_tokens(words[1])
    return None


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = read_json(body)
    except NotJson:
        return {}
    return value if isinstance(value, dict) else {}
