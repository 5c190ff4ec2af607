"""Prompts as events: what the user said, capped for the wire and whole for the model.

Pure. Invariant: blocks are as they were accepted, so an image is a ref here and takes no room.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentls.conversation.record import Private
from agentls.conversation.text import CAP_BYTES, byte_length, cap
from agentls.protocol import events as e
from agentls.protocol.values import Block, PromptSource, PromptState, TextBlock, Truncation


def prompt_entry(
    prompt_id: str,
    content: Sequence[Block],
    source: PromptSource,
    state: PromptState,
    client_message_id: str | None = None,
) -> tuple[e.Prompt, Private | None]:
    """The event of a prompt and what its notification leaves out."""
    shown, truncated = _capped_blocks(content, f"prompt:{prompt_id}")
    event = e.Prompt(
        prompt_id=prompt_id,
        content=shown,
        source=source,
        state=state,
        client_message_id=client_message_id,
        truncated=truncated,
    )
    if truncated is None:
        return event, None
    return event, Private(content=[block.model_dump(by_alias=True, exclude_none=True) for block in content])


def _capped_blocks(content: Sequence[Block], ref: str) -> tuple[list[Block], Truncation | None]:
    total = sum(byte_length(_text_of(block)) for block in content)
    if total <= CAP_BYTES:
        return list(content), None
    left = CAP_BYTES
    shown: list[Block] = []
    for block in content:
        match block:
            case TextBlock():
                text = cap(block.text, left)
                left -= byte_length(text)
                shown.append(TextBlock(text=text))
            case _:
                shown.append(block)
    return shown, Truncation(shown_bytes=CAP_BYTES - left, total_bytes=total, ref=ref)


def _text_of(block: Block) -> str:
    return block.text if isinstance(block, TextBlock) else ""


def title_of(prompt: e.TaskEvent | tuple[e.TaskEvent, Private | None]) -> str:
    """The prompt's first line, cut to 120 characters."""
    event = prompt[0] if isinstance(prompt, tuple) else prompt
    if isinstance(event, e.Prompt):
        for block in event.content:
            if isinstance(block, TextBlock) and block.text.strip():
                line = block.text.strip().splitlines()[0].strip()
                return line if len(line) <= 120 else f"{line[:119]}…"
    return "Task"
