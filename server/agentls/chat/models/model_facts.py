"""What one entry of a model list says of its model, read by which keys are there.

Knows the shapes of quirk section H; knows no provider and no list. Invariant: total and bounded: any JSON gives facts
or None, and what an entry does not say stays None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from agentls.chat.models.model_abilities import read_images, read_tools
from agentls.chat.models.model_numbers import read_tokens
from agentls.chat.models.model_prices import read_prices

LONGEST_ID: Final = 500
"""Characters; a longer one could not be set as a provider's model."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model; prices in USD per million tokens; None means unknown."""

    id: str
    context_window: int | None = None
    """Tokens: what the running server takes where it says so, else what the model is made for (H3)."""
    max_output_tokens: int | None = None
    input_price: float | None = None
    output_price: float | None = None
    cache_read_price: float | None = None
    cache_write_price: float | None = None
    image_support: bool | None = None
    tool_support: bool | None = None


_PLACES: Final = (
    ("meta",),
    ("top_provider",),
    ("architecture",),
    ("limits",),
    ("capabilities",),
    ("capabilities", "limits"),
    ("capabilities", "supports"),
    ("model_spec",),
    ("model_spec", "capabilities"),
    ("model_info",),
    ("metadata",),
    ("features",),
)
_WINDOWS: Final = (
    ("loaded_context_length", "n_ctx"),
    (
        "context_window",
        "contextWindow",
        "context_length",
        "contextLength",
        "max_context_length",
        "max_model_len",
        "max_context_window_tokens",
        "max_context_tokens",
        "availableContextTokens",
        "context_size",
        "max_input_tokens",
        "inputTokenLimit",
        "input_token_limit",
        "maxTokensInput",
        "max_prompt_tokens",
        "max_prompt_length",
    ),
    ("n_ctx_train", "max_sequence_length"),
)
"""The most telling first: what is loaded; the window and the input's share of it; the training."""
_OUTPUTS: Final = (
    "max_completion_tokens",
    "max_output_tokens",
    "maxCompletionTokens",
    "maxOutputTokens",
    "outputTokenLimit",
    "output_token_limit",
    "maxTokensOutput",
    "max_output_length",
)


def read_facts(entry: object) -> ModelFacts | None:
    """The facts of one entry: an object, or an id alone. None where no usable id is in it."""
    if isinstance(entry, str):
        return ModelFacts(entry) if _is_id(entry) else None
    if not isinstance(entry, dict):
        return None
    model_id = _id_of(entry)
    if model_id is None:
        return None
    facts = _own_facts(model_id, entry)
    behind = entry.get("providers")
    if isinstance(behind, list):
        facts = merged(facts, _of_providers(model_id, behind[:50]))
    return facts


def merged(first: ModelFacts, second: ModelFacts) -> ModelFacts:
    """`first`, with what only `second` knows."""
    gaps = {name: getattr(second, name) for name in _FACTS if getattr(first, name) is None}
    return replace(first, **gaps)


_FACTS: Final = tuple(each.name for each in fields(ModelFacts) if each.name != "id")


def _own_facts(model_id: str, entry: Mapping[str, object]) -> ModelFacts:
    places = _places(entry)
    prices = read_prices(places)
    return ModelFacts(
        id=model_id,
        context_window=_window(places),
        max_output_tokens=_max_output(places),
        input_price=prices.input,
        output_price=prices.output,
        cache_read_price=prices.cache_read,
        cache_write_price=prices.cache_write,
        image_support=read_images(places),
        tool_support=read_tools(places),
    )


def _id_of(entry: Mapping[str, object]) -> str | None:
    """The name to ask for the model by. An `id` that is a record number stands beside the `name` that is asked for."""
    has_number = isinstance(entry.get("properties"), list)
    names = ("name", "id") if has_number else ("id", "model_name", "model", "key", "name")
    for name in names:
        found = entry.get(name)
        if isinstance(found, str) and _is_id(found):
            # Gemini's lists write the resource's name; it is asked for without the collection.
            is_resource = entry.get("owned_by") == "google" or (name == "name" and "inputTokenLimit" in entry)
            return found.removeprefix("models/") if is_resource and found != "models/" else found
    return None


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and text == text.strip()


def _places(entry: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The entry and the objects in it that hold facts."""
    places: list[Mapping[str, object]] = [entry]
    for path in _PLACES:
        place: object = entry
        for name in path:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            places.append(place)
    properties = entry.get("properties")
    if isinstance(properties, list):
        rows = [row for row in properties[:100] if isinstance(row, dict)]
        places.append({str(row.get("property_id")): row.get("value") for row in rows})
    loaded = entry.get("loaded_instances")
    if isinstance(loaded, list) and loaded and isinstance(loaded[0], dict):
        config = loaded[0].get("config")
        if isinstance(config, dict):
            places.append(config)
    return places


def _window(places: Sequence[Mapping[str, object]]) -> int | None:
    for keys in _WINDOWS:
        found = [tokens for place in places for key in keys if (tokens := read_tokens(place.get(key))) is not None]
        if found:
            # A router names the model's window and its first endpoint's, some hosts a limit for prompts beside the
            # window: the smallest is what a request may fill.
            return min(found)
    return None


def _max_output(places: Sequence[Mapping[str, object]]) -> int | None:
    for key in _OUTPUTS:
        for place in places:
            if (tokens := read_tokens(place.get(key))) is not None:
                return tokens
    windows = {key for keys in _WINDOWS for key in keys}
    for place in places:
        # Beside a window, `max_tokens` is the answer's share; alone it may be anything.
        if (tokens := read_tokens(place.get("max_tokens"))) is not None and not windows.isdisjoint(place):
            return tokens
    return None


def _of_providers(model_id: str, behind: Sequence[object]) -> ModelFacts:
    """What holds whichever of a router's providers answers: those that are live, with tools where any has them."""
    live = [each for each in behind if isinstance(each, dict) and each.get("status", "live") == "live"]
    told = [_own_facts(model_id, each) for each in live]
    tools = [each.tool_support for each in told if each.tool_support is not None]
    told = [each for each in told if each.tool_support] or told
    windows = [each.context_window for each in told if each.context_window is not None]
    prices = {(each.input_price, each.output_price) for each in told}
    only = prices.pop() if len(prices) == 1 else (None, None)
    return ModelFacts(
        id=model_id,
        context_window=min(windows, default=None),
        input_price=only[0],
        output_price=only[1],
        tool_support=any(tools) if tools else None,
    )
