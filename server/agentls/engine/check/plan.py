"""The steps of a check in order: what each looks at, from which level on, and what must have worked before.

Data only. Invariant: a step stands after those it needs, and its title never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agentls.protocol.check import CheckLevel, CheckStepId

LEVELS: Final[tuple[CheckLevel, ...]] = ("reach", "model", "tools", "full")
"""From the least to the most."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    id: CheckStepId
    title: str
    level: CheckLevel
    needs: CheckStepId | None = None
    """The step without which this one cannot be done."""


STEPS: Final = (
    Step("reach", "Connection", "reach"),
    Step("key", "API key", "reach", "reach"),
    Step("model", "Model", "model", "key"),
    Step("streaming", "Streaming", "model", "model"),
    Step("toolCall", "Tool call", "tools", "model"),
    Step("streamedArguments", "Streamed arguments", "tools", "toolCall"),
    Step("parallelCalls", "Parallel calls", "tools", "toolCall"),
    Step("toolResult", "Tool results", "tools", "toolCall"),
    Step("usage", "Token counts", "full", "model"),
    Step("images", "Images", "full", "model"),
    Step("contextWindow", "Context window", "full", "model"),
)


def steps_of(level: CheckLevel) -> tuple[Step, ...]:
    """The steps of a level."""
    return tuple(step for step in STEPS if LEVELS.index(step.level) <= LEVELS.index(level))
