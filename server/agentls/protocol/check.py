"""Params, result and live steps of `agent/provider/check`: what an endpoint can do, step by step.

Knows shapes only. Invariant: the steps of a result are those that were told while it ran, in the same order, and no
text in them holds a secret.
"""

from typing import Annotated, Literal

from pydantic import Field

from agentls.protocol.values import Usage
from agentls.protocol.wire import Wire

CheckLevel = Literal["reach", "model", "tools", "full"]
CheckStepId = Literal[
    "reach",
    "key",
    "model",
    "streaming",
    "toolCall",
    "streamedArguments",
    "parallelCalls",
    "toolResult",
    "usage",
    "images",
    "contextWindow",
]
CheckStatus = Literal["ok", "warn", "fail", "skipped"]


class ProviderCheckParams(Wire):
    """Which provider to check, and how far."""

    id: Annotated[str, Field(min_length=1)] | None = None
    """The provider; absent: the active one."""
    level: CheckLevel = "full"
    """`reach`: address and key; `model`: also the model and streaming; `tools`: also tool calls; `full`: all."""


class CheckedStep(Wire):
    """One step of a check, as it ended."""

    id: CheckStepId
    """Which step."""
    status: CheckStatus
    """`ok` works; `warn` works with a loss, or could not be shown; `fail` does not; `skipped` was not tried."""
    title: str
    """What the step looks at: the same words every time."""
    detail: str
    """What was seen, with the provider's own words where it had some (bounded, without secrets)."""
    advice: str | None = None
    """What to do about it; absent when there is nothing to do."""


class ProviderCheckStep(CheckedStep):
    """A step of a running check ended."""

    provider_id: str
    """The provider that is checked."""


class LearnedLesson(Wire):
    """Something this endpoint taught by refusing a request."""

    id: str
    """The stable name of the lesson."""
    note: str
    """What is done differently since."""


class DialectView(Wire):
    """How one endpoint and model are spoken to."""

    origin: str
    """Scheme, host and port of the endpoint."""
    model_id: str
    """The model."""
    server: str | None = None
    """What kind of server it is, as far as its address tells, for example `Ollama`."""
    differences: list[str]
    """How requests to it differ from the ordinary ones, as sentences; empty: not at all."""
    learned: list[LearnedLesson]
    """Those that were learned from refusals, in this check or before; they are kept until a check asks anew."""


class ProviderCheckResult(Wire):
    """What the provider can do."""

    ok: bool
    """True when no step failed."""
    checks: list[CheckedStep]
    """The steps of the level, in order."""
    dialect: DialectView
    """How it is spoken to from now on."""
    usage: Usage
    """Tokens of all requests together."""
    cost: float | None = None
    """USD; absent: the prices are unknown."""
    requests: int
    """Requests for completions that were sent; reading the model list costs no tokens and is not counted."""
