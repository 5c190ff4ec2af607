"""The tokens of a request as they are shown: the provider's own count, or an estimate that says it is one.

Pure. Invariant: nothing is shown as counted that the provider did not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.protocol.values import Usage

if TYPE_CHECKING:
    from agentls.chat.events import ChatUsage

_TOKEN_CHARACTERS: Final = 4
"""What a token of English or code has, about."""


def counts(usage: ChatUsage) -> bool:
    """Whether the provider counted at all: some report zeros (E6)."""
    return usage.input_tokens > 0 or usage.output_tokens > 0


def counted(usage: ChatUsage) -> Usage:
    """What the provider counted."""
    return Usage(
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def estimated(sent_bytes: int, written_characters: int) -> Usage:
    """What a request of this size and its answer came to, where the provider counted nothing."""
    return Usage(
        input_tokens=-(-sent_bytes // _TOKEN_CHARACTERS),
        output_tokens=-(-written_characters // _TOKEN_CHARACTERS),
        estimated=True,
    )
