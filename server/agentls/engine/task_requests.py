"""Requests about tasks as they are kept: list, get, events, content, export, delete.

Knows no turn. Invariant: what is read is what the journal has, and what streams beside it.
"""

from __future__ import annotations

import asyncio
from typing import cast

from agentls.conversation.task_view import TaskViewBuilder
from agentls.conversation.text import well_formed
from agentls.conversation.transcript import to_markdown
from agentls.engine.answer import Answer
from agentls.engine.failures import journal_faults
from agentls.engine.history import CONTENT_LIMIT_BYTES, read_content, records_of, replayed
from agentls.engine.parts import EngineParts
from agentls.protocol import task_requests as t
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.task_state import TaskSummary, TaskView
from agentls.protocol.values import TaskState, Usage
from agentls.world.images import REF_PREFIX, ImageUnknown, KeptImages
from agentls.world.journal import JournalError, Row
from agentls.world.text_files import write_private

LIST_LIMIT = 50
EVENTS_LIMIT = 1000


class TaskRequests(EngineParts):
    async def task_list(self, params: t.TaskListParams) -> Answer[t.TaskListResult]:
        limit = params.limit or LIST_LIMIT
        try:
            entries, cursor = await self._world.journal.entries(params.cursor, limit)
        except JournalError as broken:
            if params.cursor is not None:
                raise InvalidParams("cursor must be a nextCursor of this list", "cursor") from broken
            raise RequestFailed("journal.unavailable", str(broken)) from broken
        data = [
            TaskSummary(
                task_id=entry.task_id,
                title=entry.title,
                status=cast("TaskState", entry.status) if entry.owner_alive else "idle",
                workspace=entry.workspace_uri,
                created_ms=entry.created_ms,
                updated_ms=entry.updated_ms,
                last_seq=entry.last_seq,
                usage=Usage.model_validate_json(entry.usage) if entry.usage is not None else None,
                cost=entry.cost,
            )
            for entry in entries
            if params.workspace is None or entry.workspace_uri == params.workspace
        ]
        return Answer(t.TaskListResult(data=data, next_cursor=cursor))

    async def task_get(self, params: t.TaskGetParams) -> Answer[t.TaskGetResult]:
        view = await self._view(params.task_id)
        return Answer(t.TaskGetResult.model_validate(dict(view)))

    async def _view(self, task_id: str) -> TaskView:
        stored = await self._tasks.read(task_id)
        builder = TaskViewBuilder()
        builder.feed(records_of(stored.rows))
        live = self._tasks.live(task_id)
        return builder.view(stored.state, live.open_texts() if live is not None else {})

    async def task_delete(self, params: t.TaskDeleteParams) -> Answer[t.TaskDeleteResult]:
        await self._tasks.delete(params.task_id)
        return Answer(t.TaskDeleteResult())

    async def task_export(self, params: t.TaskExportParams) -> Answer[t.TaskExportResult]:
        view = await self._view(params.task_id)
        if params.format == "json":
            text, suffix = view.model_dump_json(by_alias=True, exclude_none=True, indent=2), "json"
        else:
            text, suffix = to_markdown(view), "md"
        path = self._world.export_path(params.task_id, suffix)
        await asyncio.to_thread(write_private, path, well_formed(text))
        return Answer(t.TaskExportResult(uri=path.as_uri()))

    async def task_events(self, params: t.TaskEventsParams) -> Answer[t.TaskEventsResult]:
        await self._tasks.read(params.task_id)  # closes what a dead process left open
        limit = min(params.limit or EVENTS_LIMIT, EVENTS_LIMIT)
        rows: list[Row] = []
        live = self._tasks.live(params.task_id)
        while True:  # until what is read is all there is: what streams belongs to exactly this moment
            last_seq = rows[-1].seq if rows else params.since_seq
            with journal_faults():
                rows += await self._world.journal.rows(params.task_id, last_seq, limit + 1 - len(rows))
            more = len(rows) > limit
            last_seq = rows[-1].seq if rows else params.since_seq
            if more or live is None or live.ledger.has_saved(last_seq):
                break
        events = [replayed(row) for row in rows[:limit]]
        if live is not None and not more:
            events += live.replay_open_streams()
        if live is not None:
            last_seq = live.ledger.committed_seq
        elif more or not rows:
            last_seq = (await self._tasks.stored(params.task_id)).state.last_seq
        return Answer(t.TaskEventsResult(events=events, last_seq=last_seq, more=more))

    async def content_read(self, params: t.ContentReadParams) -> Answer[t.ContentReadResult]:
        if params.ref.startswith(REF_PREFIX):
            return Answer(await self._image(params))
        stored = await self._tasks.stored(params.task_id)
        return Answer(read_content(stored.rows, params.ref, params.offset, params.limit))

    async def _image(self, params: t.ContentReadParams) -> t.ContentReadResult:
        """A part of an image's base64, which is kept beside the journal."""
        await self._tasks.known(params.task_id)
        kept = KeptImages(self._world.artifacts_folder(params.task_id))
        limit = min(params.limit or CONTENT_LIMIT_BYTES, CONTENT_LIMIT_BYTES)
        try:
            text, total = await asyncio.to_thread(kept.piece, params.ref, params.offset, limit)
        except ImageUnknown:
            raise RequestFailed("content.unknown") from None
        return t.ContentReadResult(text=text, total_bytes=total)
