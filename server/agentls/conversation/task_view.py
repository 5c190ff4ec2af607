"""A task as a client shows it: turns, and in each what happened, folded from the same records as the state.

Pure. Invariant: the view after `lastSeq` and the notifications after it make the next view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentls.conversation.record import Record
from agentls.conversation.state import TaskState
from agentls.conversation.text import cap
from agentls.protocol import events as e
from agentls.protocol import task_state as v

_Item = v.PromptItem | v.MessageItem | v.ReasoningItem | v.ToolCallItem | v.NoticeItem


@dataclass(slots=True)
class _Turn:
    """A turn while it is being put together."""

    started: e.TurnStarted
    turn_id: str
    items: dict[str, _Item] = field(default_factory=dict)
    completed: e.TurnCompleted | None = None

    def view(self) -> v.TurnView:
        end = self.completed
        return v.TurnView(
            turn_id=self.turn_id,
            prompt_id=self.started.prompt_id,
            provider_id=self.started.provider_id,
            model_id=self.started.model_id,
            status="running" if end is None else end.status,
            error=None if end is None else end.error,
            usage=None if end is None else end.usage,
            cost=None if end is None else end.cost,
            duration_ms=None if end is None else end.duration_ms,
            changed_files=[] if end is None else end.changed_files,
            items=list(self.items.values()),
        )


class TaskViewBuilder:
    """Feed it the records of a task in order, then ask for the view."""

    def __init__(self) -> None:
        self._turns: list[_Turn] = []
        self._before: dict[str, _Item] = {}
        """Prompts delivered before their turn's `started`."""
        self._approvals: dict[str, e.ApprovalRequested] = {}
        self._questions: dict[str, e.QuestionRequested] = {}

    def feed(self, records: Iterable[Record]) -> None:
        for record in records:
            self._feed(record)

    def _feed(self, record: Record) -> None:
        event = record.event
        match event:
            case e.Prompt(state="delivered"):
                item = v.PromptItem(
                    prompt_id=event.prompt_id,
                    content=event.content,
                    source=event.source,
                    truncated=event.truncated,
                )
                self._items(record.turn_id)[event.prompt_id] = item
            case e.TurnStarted():
                self._turns.append(_Turn(event, record.turn_id or "", self._before))
                self._before = {}
            case e.TurnCompleted():
                if self._turns:
                    self._turns[-1].completed = event
            case e.Notice():
                fields = event.model_dump(exclude_none=True)
                self._items(record.turn_id)[f"notice {record.seq}"] = v.NoticeItem(**fields)
            case e.ApprovalRequested():
                self._approvals[event.approval_id] = event
            case e.ApprovalResolved():
                self._approvals.pop(event.approval_id, None)
            case e.QuestionRequested():
                self._questions[event.question_id] = event
            case e.QuestionResolved():
                self._questions.pop(event.question_id, None)
            case _:
                self._feed_stream(record)

    def _feed_stream(self, record: Record) -> None:
        event = record.event
        items = self._items(record.turn_id)
        match event:
            case e.MessageStarted():
                items[event.message_id] = v.MessageItem(message_id=event.message_id, text="", completed=False)
            case e.MessageCompleted():
                items[event.message_id] = v.MessageItem(
                    message_id=event.message_id,
                    text=event.text,
                    completed=True,
                    discarded=event.discarded,
                    truncated=event.truncated,
                )
            case e.ReasoningStarted():
                items[event.message_id] = v.ReasoningItem(message_id=event.message_id, text="", completed=False)
            case e.ReasoningCompleted():
                items[event.message_id] = v.ReasoningItem(
                    message_id=event.message_id,
                    text=event.text,
                    completed=True,
                    discarded=event.discarded,
                    truncated=event.truncated,
                )
            case e.ToolCallStarted():
                items[event.call_id] = v.ToolCallItem(
                    call_id=event.call_id,
                    provider_call_id=event.provider_call_id,
                    index=event.index,
                    name=event.name,
                    status="streaming",
                )
            case e.ToolCallReady():
                self._update(
                    items,
                    event.call_id,
                    status="ready",
                    arguments=event.arguments,
                    title=event.title,
                    kind=event.kind,
                    locations=event.locations,
                    preview=event.preview,
                    truncated=event.truncated,
                )
            case e.ToolCallStatus():
                self._update(items, event.call_id, status=event.status)
            case e.ToolResult():
                self._update(items, event.call_id, status="completed", result=event)
            case _:
                pass

    def _items(self, turn_id: str | None) -> dict[str, _Item]:
        if self._turns and (turn_id is None or self._turns[-1].turn_id == turn_id):
            return self._turns[-1].items
        return self._before

    @staticmethod
    def _update(items: dict[str, _Item], call_id: str, **changes: object) -> None:
        item = items.get(call_id)
        if isinstance(item, v.ToolCallItem):
            items[call_id] = item.model_copy(update=changes)

    def view(self, state: TaskState, streaming: Mapping[str, str]) -> v.TaskView:
        """The task, whole. `state` is the fold of the same records; `streaming` the text of what is open, by id."""
        for thing_id, text in streaming.items():
            items = self._items(None)
            item = items.get(thing_id)
            if isinstance(item, v.MessageItem | v.ReasoningItem) and not item.completed:
                items[thing_id] = item.model_copy(update={"text": cap(text)})
        return v.TaskView(
            task_id=state.task_id,
            title=state.title,
            status=state.phase,
            workspace=state.workspace_uri,
            created_ms=state.created_ms,
            updated_ms=state.updated_ms or state.created_ms,
            last_seq=state.last_seq,
            usage=state.usage,
            cost=state.cost,
            turns=[turn.view() for turn in self._turns],
            queue=[
                v.QueuedPrompt(
                    prompt_id=prompt.prompt_id,
                    content=list(prompt.content),
                    client_message_id=prompt.client_message_id,
                )
                for prompt in state.queue
            ],
            approvals=list(self._approvals.values()),
            questions=list(self._questions.values()),
            todo=list(state.todos),
        )
