"""Params and result of `agent/provider/models`: what a provider offers, as far as it says.

Knows shapes only. Invariant: what the provider does not say is absent; prices are in USD per million tokens.
"""

from typing import Annotated

from pydantic import Field

from agentls.protocol.wire import Wire


class ProviderModelsParams(Wire):
    """The provider to ask for its models."""

    id: Annotated[str, Field(min_length=1)]
    """The provider."""


class ListedModel(Wire):
    """A model of the provider's list; what the list does not say is absent."""

    id: str
    """What to set as the provider's `modelId`."""
    context_window: int | None = None
    """Tokens: what the running server takes where it says so, else what the model is made for."""
    max_output_tokens: int | None = None
    """The longest answer, in tokens."""
    input_price: float | None = None
    """USD per million input tokens."""
    output_price: float | None = None
    """USD per million output tokens."""
    cache_read_price: float | None = None
    """USD per million tokens read from the provider's cache."""
    cache_write_price: float | None = None
    """USD per million tokens written to the provider's cache."""
    image_support: bool | None = None
    """Whether the model takes images."""
    tool_support: bool | None = None
    """Whether the model calls tools; false for models that do not chat."""


class ProviderModelsResult(Wire):
    """The models in the provider's order. A list that cannot be had is an error `provider.…`, never an empty one."""

    models: list[ListedModel]
    """Empty only where the server says that it has none, such as an Ollama that pulled no model yet."""
    source: str
    """Where this was read: the path or paths at the provider's address."""
