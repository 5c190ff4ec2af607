"""What a finish reason means, and which of several counts.

Knows words only. Invariant: a null or empty reason never overrides one that was given (C5, C9).
"""

from typing import Final

_MEANINGS: Final = {
    "stop": "stop",
    "eos": "stop",
    "eos_found": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "end": "stop",
    "stop_sequence": "stop",
    "stop_token": "stop",
    "stop_str": "stop",
    "pause_turn": "stop",
    "complete": "stop",
    "completed": "stop",
    "finished": "stop",
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "tooluse": "tool_calls",
    "function_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "max_length": "length",
    "max_new_tokens": "length",
    "token_limit": "length",
    "context_length_exceeded": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "refusal": "content_filter",
    "safety": "content_filter",
    "image_safety": "content_filter",
    "error_toxic": "content_filter",
    "sensitive": "content_filter",
    "recitation": "content_filter",
    "prohibited_content": "content_filter",
    "blocklist": "content_filter",
    "spii": "content_filter",
    "error": "error",
    "network_error": "error",
    "abort": "error",
    "aborted": "error",
    "cancelled": "error",
    "server_error": "error",
    "internal_error": "error",
    "unexpected_tool_call": "error",
    "insufficient_system_resource": "error",
    "malformed_function_call": "error",
}
_RANK: Final = {"stop": 1, "tool_calls": 2, "length": 3, "content_filter": 4, "error": 5}
_FAILURES: Final = {
    "insufficient_system_resource": "overloaded",
    "malformed_function_call": "toolCallRejected",
    "unexpected_tool_call": "toolCallRejected",
    "overloaded_error": "overloaded",
    "rate_limit_error": "rateLimit",
}
_NONE: Final = frozenset({"", "null", "none", "finish_reason_unspecified"})
"""Spellings of "not finished": zero values of other languages (C5)."""
_LONGEST: Final = 60


class FinishReason:
    """The finish reason of a stream, told once or several times (C7, C8, C10)."""

    __slots__ = ("meaning", "raw")

    def __init__(self) -> None:
        self.raw = ""
        self.meaning = ""
        """"stop", "tool_calls", "length", "content_filter", "error", "unknown:<raw>", or "" while none came."""

    def tell(self, raw: str) -> None:
        """Take one more reason: the graver one counts, whatever the order."""
        word = raw.strip()[:_LONGEST]
        if word.lower() in _NONE:
            return
        # A gateway may put the type of the provider's error here, such as "overloaded_error".
        other = "error" if word.lower().endswith("_error") else f"unknown:{word}"
        meaning = _MEANINGS.get(word.lower(), other)
        if not self.meaning or _RANK.get(meaning, 0) > _RANK.get(self.meaning, 0):
            self.raw = word
            self.meaning = meaning

    @property
    def failure_code(self) -> str:
        """The turn error code of a reason that means an error (C10)."""
        return _FAILURES.get(self.raw.lower(), "streamBroken")
