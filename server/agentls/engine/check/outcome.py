"""What came of one question to the endpoint: an answer, or the failure that came in its place.

Pure. Invariant: exactly one of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from agentls.chat.failure import Failure
    from agentls.chat.message import Message
    from agentls.engine.check.answer import HeardAnswer
    from agentls.engine.check.sound import Sound


@dataclass(frozen=True, slots=True)
class Answered:
    """The model answered."""

    answer: HeardAnswer
    sound: Sound
    question: tuple[Message, ...]
    """What it was asked, to go on from there."""
    learned: tuple[str, ...] = ()
    """What refusals on the way taught, as notes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer came, or a broken one."""

    failure: Failure
    learned: tuple[str, ...] = ()

    @property
    def is_unreached(self) -> bool:
        """The network failed, not the server."""
        return is_unreached(self.failure)


Outcome: TypeAlias = Answered | Refused


def is_unreached(failure: Failure) -> bool:
    """Whether it says that nothing came of the way to the server; a proxy may say so by a status of its own."""
    if is_unanswered(failure):
        return True
    return failure.code in ("connection", "tls", "proxy") or (failure.code == "timeout" and failure.http_status is None)


def is_unanswered(failure: Failure) -> bool:
    """Whether it says that the connection was closed instead of an answer."""
    return failure.code == "streamBroken" and "before an answer came" in failure.detail
