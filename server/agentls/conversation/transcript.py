"""A task as a Markdown page to read. Pure.

Invariant: text of the model or of a tool stays text: fences are longer than any run of backticks inside them.
"""

from __future__ import annotations

import re

from agentls.protocol import task_state as v
from agentls.protocol.values import Block, ImageBlock, TextBlock


def to_markdown(task: v.TaskView) -> str:
    parts = [f"# {_line(task.title) or 'Task'}", f"Task `{task.task_id}`, {len(task.turns)} turn(s)."]
    for turn in task.turns:
        parts.append(f"## Turn ({turn.status}, {turn.model_id})")
        parts.extend(_item(item) for item in turn.items)
        if turn.error is not None:
            parts.append(f"**{_line(turn.error.title)}** {_line(turn.error.detail)} {_line(turn.error.advice)}")
        if turn.changed_files:
            parts.append("Changed files:\n" + "\n".join(f"- `{f.path}` ({f.change})" for f in turn.changed_files))
    return "\n\n".join(part for part in parts if part) + "\n"


def _item(item: v.PromptItem | v.MessageItem | v.ReasoningItem | v.ToolCallItem | v.NoticeItem) -> str:
    match item:
        case v.PromptItem():
            texts = [_block(block) for block in item.content]
            return "### You\n\n" + "\n\n".join(texts)
        case v.MessageItem():
            return "" if item.discarded else f"### Agent\n\n{item.text}"
        case v.ReasoningItem():
            return "" if item.discarded else f"### Reasoning\n\n{_fenced(item.text)}"
        case v.ToolCallItem():
            status = item.result.status if item.result is not None else item.status
            heading = f"### {_line(item.title or item.name)} ({status})"
            if item.result is None:
                return heading
            parts = item.result.content
            text = "".join(part.text if part.type == "text" else f"\n[{part.mime_type}]" for part in parts)
            return f"{heading}\n\n{_fenced(text)}"
        case v.NoticeItem():
            return f"> {_line(item.message)}"


def _block(block: Block) -> str:
    match block:
        case TextBlock():
            return block.text
        case ImageBlock():
            return f"[{block.mime_type}]" if block.uri is None else f"[{block.mime_type} {_line(block.uri)}]"
        case _:
            return f"[{block.type} {_line(block.uri)}]"


def _line(text: str) -> str:
    return " ".join(text.split())


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
