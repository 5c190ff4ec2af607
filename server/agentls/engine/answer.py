"""What the engine answers to a request: the result, and what begins once it is on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result", covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Result]):
    result: Result
    then: Callable[[], None] | None = None
    """Called once, right after the answer was queued: the events it causes come after the answer."""
