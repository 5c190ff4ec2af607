"""A tool's outcome as events: what it changed, then the result, capped for the wire and whole for the model.

Pure. Invariant: exactly one ToolResult, last.
"""

from __future__ import annotations

from agentls.conversation.caps import capped_text
from agentls.conversation.record import Private
from agentls.conversation.state import Call
from agentls.conversation.text import byte_length, well_formed
from agentls.engine.ledger import Entry
from agentls.engine.masks import masked_diff
from agentls.policy.redact import Redactor
from agentls.protocol import events as e
from agentls.protocol.values import TextContent, Truncation
from agentls.tools.outcome import Outcome


def result_entries(call: Call, outcome: Outcome, duration_ms: int, redactor: Redactor) -> list[Entry]:
    text = redactor.mask(well_formed(outcome.text))
    ref = f"result:{call.call_id}"
    shown, cut = capped_text(text, ref)
    truncated = cut
    if outcome.truncated is not None:  # the tool itself showed only a part: say so, whatever the wire cut
        truncated = Truncation(
            shown_bytes=byte_length(shown) if cut is not None else outcome.truncated.shown_bytes,
            total_bytes=outcome.truncated.total_bytes,
            ref=ref,
            next=outcome.truncated.next,
        )
    result = e.ToolResult(
        call_id=call.call_id,
        name=call.name,
        status=outcome.status,
        content=[TextContent(text=shown), *outcome.images],
        range=outcome.range,
        truncated=truncated,
        exit_code=outcome.exit_code,
        diff=masked_diff(outcome.diff, redactor),
        source=outcome.source,
        duration_ms=duration_ms,
    )
    changed = [each.model_dump(by_alias=True) for each in outcome.changed] or None
    keep = Private(text=text if cut is not None else None, changed=changed)
    return [*outcome.effects, (result, None if keep == Private() else keep)]
