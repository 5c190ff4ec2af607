"""What a terminal reads of a check, as a client of protocol.md: only the fields it needs.

It shares no class with the server. Invariant: an unknown field is ignored, so a newer server can be shown too.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from agentls.terminal.messages import Shown, UnreadableMessage, Usage

STEP_METHOD = "agent/provider/checkStep"
Kind = TypeVar("Kind", bound=Shown)


class CheckedStep(Shown):
    """A step that ended."""

    id: str
    status: Literal["ok", "warn", "fail", "skipped"]
    title: str
    detail: str
    advice: str | None = None


class Lesson(Shown):
    """What the endpoint taught."""

    note: str


class Dialect(Shown):
    """How the endpoint is spoken to."""

    differences: tuple[str, ...] = ()
    learned: tuple[Lesson, ...] = ()
    server: str | None = None


class CheckResult(Shown):
    """What the check came to."""

    ok: bool
    checks: tuple[CheckedStep, ...]
    dialect: Dialect
    usage: Usage
    requests: int
    cost: float | None = None


class SetResult(Shown):
    """What was said of the provider when it was set."""

    warnings: tuple[str, ...] = ()


def read_warnings(result: msgspec.Raw) -> tuple[str, ...]:
    """What the server changed or doubts in the settings. Raises UnreadableMessage."""
    return _read(result, SetResult).warnings


def read_step(params: msgspec.Raw) -> CheckedStep:
    """A step as it was told. Raises UnreadableMessage."""
    return _read(params, CheckedStep)


def read_result(result: msgspec.Raw) -> CheckResult:
    """The result of the check. Raises UnreadableMessage."""
    return _read(result, CheckResult)


def _read(data: msgspec.Raw, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableMessage(f"the check: {error}") from None
