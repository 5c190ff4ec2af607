"""What one entry of a model list says of tools and images.

Knows keys and words, no provider. Invariant: a list of abilities that is silent says nothing; only a flag, a list of
modalities or a list of parameters says no.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from agentls.chat.models.model_numbers import read_flag

_TOOL_FLAGS: Final = (
    "supports_tools",
    "supportsTools",
    "supports_function_calling",
    "supportsFunctionCalling",
    "supports_tool_calls",
    "supports_tool_use",
    "function_calling",
    "tool_calls",
    "tool_call",
    "tool_use",
    "tools",
    "trained_for_tool_use",
)
_IMAGE_FLAGS: Final = (
    "supports_vision",
    "supportsVision",
    "supports_image_input",
    "supportsImageInput",
    "supports_image_in",
    "supports_images",
    "vision",
    "image_input",
    "multimodal",
)
_TOOL_WORDS: Final = frozenset(
    {"tools", "tool_use", "tool-use", "tool_calling", "tool-calling", "function_calling", "function-calling"}
)
_IMAGE_WORDS: Final = frozenset({"vision", "image", "images", "multimodal", "image_input", "input:image"})
_WORD_LISTS: Final = ("capabilities", "features", "supported_features", "tags")
_MODALITIES: Final = ("input_modalities", "supported_input_modalities", "inputModalities")
_NO_CHAT: Final = frozenset(
    {
        "audio",
        "audio_speech",
        "audio_transcription",
        "automatic speech recognition",
        "embedding",
        "embeddings",
        "image",
        "image_generation",
        "image_edit",
        "moderation",
        "rerank",
        "reranker",
        "reranking",
        "speech",
        "text embeddings",
        "text-to-image",
        "text-to-speech",
        "transcribe",
        "transcription",
        "tts",
        "video",
        "video_generation",
    }
)
"""What an entry may call a model that cannot call tools, because it does not chat."""


def read_tools(places: Sequence[Mapping[str, object]]) -> bool | None:
    """Whether the model calls tools; False for one that does not chat. The first place is the entry itself."""
    if _kind(places[0]) in _NO_CHAT:
        return False
    parameters = places[0].get("supported_parameters")
    if isinstance(parameters, list) and parameters:
        return "tools" in parameters
    flag = _flag(places, _TOOL_FLAGS)
    return flag if flag is not None else _named(places, _TOOL_WORDS)


def read_images(places: Sequence[Mapping[str, object]]) -> bool | None:
    """Whether the model takes images."""
    for place in places:
        for key in _MODALITIES:
            modalities = place.get(key)
            if isinstance(modalities, list) and modalities:
                return "image" in _words(modalities)
        modality = place.get("modality")
        if isinstance(modality, str) and "->" in modality:
            return "image" in modality.partition("->")[0]
    flag = _flag(places, _IMAGE_FLAGS)
    if flag is not None:
        return flag
    named = _named(places, _IMAGE_WORDS)
    return named if named is not None else {"vlm": True, "llm": False}.get(_kind(places[0]))


def _kind(entry: Mapping[str, object]) -> str:
    """What the entry calls its model: `chat`, `embedding`, `image` …"""
    for place in (entry, entry.get("model_info"), entry.get("capabilities")):
        for key in ("type", "mode", "task"):
            told: object = place.get(key) if isinstance(place, dict) else None
            name: object = told.get("name") if isinstance(told, dict) else told
            if isinstance(name, str) and name != "model":
                return name[:100].lower()
    return ""


def _flag(places: Iterable[Mapping[str, object]], keys: Sequence[str]) -> bool | None:
    flags = [flag for place in places for key in keys if (flag := read_flag(place.get(key))) is not None]
    return any(flags) if flags else None


def _named(places: Iterable[Mapping[str, object]], words: frozenset[str]) -> bool | None:
    """True where a list of abilities has one of the words; such lists are rarely whole, so silence means nothing."""
    for place in places:
        for key in _WORD_LISTS:
            abilities = place.get(key)
            if isinstance(abilities, list) and not words.isdisjoint(_words(abilities)):
                return True
    return None


def _words(values: Iterable[object]) -> set[str]:
    return {value.lower() for value in values if isinstance(value, str) and len(value) < 100}
