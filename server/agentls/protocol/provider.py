"""A provider: one profile of an OpenAI-compatible endpoint, as the gear panel sends it and results show it.

Knows shapes and defaults; `provider_check.py` knows what is acceptable. Invariant: no result carries a key.
"""

from typing import Annotated, Literal

from pydantic import Field

from agentls.protocol.wire import StrictWire, Wire

DEFAULT_CONTEXT_WINDOW = 128_000
MASK = "[redacted]"
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class Timeouts(StrictWire):
    """How long to wait for the endpoint, in seconds."""

    connect_s: Seconds = 10
    """For the connection, TLS included."""
    first_byte_s: Seconds = 600
    """For the first byte of the answer: a local server may load its model first."""
    idle_s: Seconds = 120
    """Between two pieces of the answer."""


class ProviderModel(StrictWire):
    """Model configuration; prices in USD per million tokens; absent means unknown."""

    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    """Upper bound of one answer. Absent: the server decides."""
    context_window: Annotated[int, Field(ge=1)] | None = None
    """Tokens the model can take in. Absent: from the provider's model list, else 128,000."""
    image_support: bool | None = None
    """Whether the model takes images. Absent: from the provider's model list, else no image is sent."""
    computer_use: bool = False
    """Whether the model is offered the browser tool."""
    input_price: Price | None = None
    """USD per million input tokens."""
    output_price: Price | None = None
    """USD per million output tokens."""
    cache_read_price: Price | None = None
    """USD per million tokens read from the provider's cache."""
    cache_write_price: Price | None = None
    """USD per million tokens written to the provider's cache."""


class Provider(StrictWire):
    """A profile: where the model is, which one, and how to talk to it."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    """The profile's own name in this connection; the client chooses it."""
    name: Annotated[str, Field(min_length=1, max_length=200)]
    """What the user calls it."""
    api_provider: Literal["openai-compatible"] = "openai-compatible"
    """Always `openai-compatible`."""
    base_url: Annotated[str, Field(min_length=1, max_length=2048)]
    """The API's address up to and without `/chat/completions`, for example `http://localhost:11434/v1`."""
    model_id: Annotated[str, Field(min_length=1, max_length=500)]
    """The model, as the endpoint names it."""
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")] | None = None
    """Environment variable of the server that holds the key, where no key was set."""
    headers: dict[str, str] | None = None
    """More headers for every request to this endpoint."""
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    """Sampling temperature. Absent: the endpoint's default."""
    reasoning_effort: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    """Sent as `reasoning_effort`, for example `low`, `medium`, `high`."""
    streaming: bool = True
    """Whether answers are streamed."""
    prompt_caching: bool | None = None
    """Whether to mark what the provider may cache."""
    rate_limit_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Least time between two requests to the model; its list of models is not counted."""
    extra_body: dict[str, object] | None = None
    """More fields for the request body, as they are."""
    think_tags: Literal["off", "tagged", "opened"] = "off"
    """For models that reason inside their answer: with `tagged`, a `<think>` block at its beginning is told as
    reasoning; with `opened`, all up to `</think>`, because the chat template wrote the first tag; `off`: as text."""
    azure_api_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,50}$")] | None = None
    """Azure's `api-version`; its presence selects Azure's addresses and key header."""
    proxy: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    """An http or https proxy for this endpoint. The environment's proxy settings are not used."""
    ca_bundle: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """File with the certificate authorities to trust for this endpoint."""
    allow_insecure_http: bool = False
    """Allow plain http to a host that is not this machine."""
    timeouts: Timeouts = Field(default_factory=Timeouts)
    """How long to wait."""
    model: ProviderModel = Field(default_factory=ProviderModel)
    """Model configuration."""


ValueSource = Literal["set", "discovered", "default"]


class EffectiveModel(Wire):
    """The model configuration in force: what was set, else what the model list says, else the default."""

    max_output_tokens: int | None = None
    """Absent: the server decides."""
    context_window: int = DEFAULT_CONTEXT_WINDOW
    """Tokens the model can take in."""
    image_support: bool = False
    """Whether images are sent."""
    computer_use: bool = False
    """Whether the browser tool is offered."""
    input_price: float | None = None
    """USD per million; absent: no cost is shown."""
    output_price: float | None = None
    """USD per million; absent: no cost is shown."""
    cache_read_price: float | None = None
    """USD per million."""
    cache_write_price: float | None = None
    """USD per million."""
    sources: dict[str, ValueSource] = Field(default_factory=dict)
    """For each of the fields above that is present: who said so. `discovered`: the provider's model list."""


class ProviderView(Provider):
    """A provider as results show it: never with its key; secrets in headers and proxy are masked."""

    api_key_set: bool
    """Whether a key is known, by `agent/provider/setKey` or by `apiKeyEnv`."""
    api_key_hint: str | None = None
    """The key's last four characters after `…`; absent for keys too short to hint at."""
    effective: EffectiveModel
    """The model configuration in force."""
