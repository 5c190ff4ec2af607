"""What holds for the provider's own model: its entry in the list, corrected by the running server's word (H3).

Pure. Invariant: nothing is made up: what neither says stays unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentls.chat.models.model_facts import ModelFacts
from agentls.chat.models.model_list import find_model

if TYPE_CHECKING:
    from agentls.chat.models.server_word import ServerWord
    from agentls.engine.model_list import ModelListing


def facts_in_force(listing: ModelListing, word: ServerWord | None, model_id: str) -> ModelFacts | None:
    """The facts to work with; None where neither list nor server says anything of the model."""
    facts = find_model(listing.models, model_id)
    if word is None:
        return facts
    facts = facts or ModelFacts(model_id)
    window = facts.context_window if word.context_window is None else word.context_window
    if word.context_window is None and word.is_loaded is False:
        window = None  # the window is chosen when the model is loaded
    return replace(
        facts,
        context_window=window,
        tool_support=facts.tool_support if word.tool_support is None else word.tool_support,
        image_support=facts.image_support if word.image_support is None else word.image_support,
    )


def with_word(listing: ModelListing, word: ServerWord | None, model_id: str) -> ModelListing:
    """The listing as people should see it: the entry of the provider's model as the running server has it."""
    listed = find_model(listing.models, model_id)
    facts = facts_in_force(listing, word, model_id)
    if word is None or listed is None or facts is None:
        return listing
    models = tuple(replace(facts, id=each.id) if each is listed else each for each in listing.models)
    source = listing.source if word.source in listing.source else f"{listing.source} and {word.source}"
    return replace(listing, models=models, source=source)
