"""The body of a request to a provider, by its settings and its dialect.

Knows no task: the messages come encoded. Invariant: what the profile leaves open is left to the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentls.chat.request import RequestOptions, encode_request

if TYPE_CHECKING:
    from agentls.chat.dialect import Dialect
    from agentls.protocol.provider import Provider


def request_body(
    provider: Provider,
    dialect: Dialect,
    messages: Sequence[bytes],
    tools: bytes | None,
    *,
    tool_choice: str | None = None,
    max_output_tokens: int | None = None,
) -> bytes:
    """`messages` and `tools` are encoded in `dialect`; `max_output_tokens` overrides the profile's."""
    options = RequestOptions(
        stream=provider.streaming,
        temperature=provider.temperature,
        reasoning_effort=provider.reasoning_effort,
        max_output_tokens=max_output_tokens or provider.model.max_output_tokens,
        extra_body=provider.extra_body,
        tool_choice=tool_choice,
        prompt_caching=bool(provider.prompt_caching),
    )
    return encode_request(model=provider.model_id, messages=messages, tools=tools, options=options, dialect=dialect)
