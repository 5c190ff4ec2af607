"""A task that is open in this process: its ledger, its running turn, its queue and what waits for the user.

Knows no client. Invariant: at most one turn runs at a time, in one asyncio task that this object owns; what was
answered to the user about the queue is recorded before the turn decides anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from agentls.conversation.state import QueuedPrompt
from agentls.engine.connection import Connection
from agentls.engine.encoded_view import EncodedView
from agentls.engine.images import TaskImages
from agentls.engine.ledger import Entry, Ledger
from agentls.engine.live_output import LiveOutput
from agentls.engine.masks import masked_object
from agentls.engine.prompts import prompt_entry, title_of
from agentls.engine.streams import OpenStream
from agentls.engine.turn import run_turn
from agentls.engine.waits import Approvals, Questions
from agentls.engine.workbench import Workbench
from agentls.engine.world import World
from agentls.policy.redact import Redactor
from agentls.protocol import events as e
from agentls.protocol.errors import RequestFailed
from agentls.protocol.provider import Provider
from agentls.protocol.settings import Settings
from agentls.protocol.task_requests import EventFrame
from agentls.protocol.values import ApprovalMode, TaskState
from agentls.tools.desk import Desk
from agentls.world.artifacts import Artifacts
from agentls.world.images import KeptImages

Disposition = Literal["injected", "queued"]

JOURNAL_ADVICE = (
    "Make the data folder writable (AGENTLS_DATA_DIR names another) and restart the server to keep what you do."
)


class LiveTask:
    def __init__(self, ledger: Ledger, world: World, connection: Connection) -> None:
        self.task_id = ledger.state.task_id
        self.ledger = ledger
        self.world = world
        self.connection = connection
        self.approvals = Approvals(self)
        self.questions = Questions(self)
        kept = KeptImages(world.artifacts_folder(self.task_id))
        self.images = TaskImages(kept, connection.providers, lambda: self.ledger.state)
        self.view = EncodedView(ledger.state.workspace_uri, self.images)
        self.streams: dict[str, OpenStream] = {}
        self.misunderstood: dict[str, Entry] = {}
        """Calls of the latest answer without valid arguments: the results that they get when it is their turn."""
        self.approval_mode: ApprovalMode | None = None
        """The mode the task was started with, in place of the setting's. Never stored."""
        self.is_closed = False
        """Given up by this process: no turn begins and nothing is recorded any more."""
        self.is_stopping = False
        """The running turn was asked to end."""
        self._bench: Workbench | None = None
        self._is_claimed = False
        self._turn: asyncio.Task[None] | None = None
        self._is_under_way = False
        self._turn_started_s = 0.0
        self._warning = world.journal.warning
        self._queue_changes = 0
        self._queue_settled = asyncio.Event()
        self._queue_settled.set()

    @property
    def settings(self) -> Settings:
        return self.connection.settings

    @property
    def redactor(self) -> Redactor:
        return self.connection.redactor()

    @property
    def root(self) -> Path:
        """The task's workspace folder. Raises RequestFailed when it is not open in the editor."""
        return self.connection.root_of(self.ledger.state.workspace_uri)

    @property
    def bench(self) -> Workbench:
        """What the tools work with; made for the first turn, so that a task can be read without its folder."""
        if self._bench is None:
            artifacts = Artifacts(self.world.artifacts_folder(self.task_id))
            self._bench = Workbench(self.connection, self.root, artifacts, self.images, self.world.environment)
            self._bench.approval_mode = self.approval_mode
        return self._bench

    def desk(self, call_id: str, output: LiveOutput) -> Desk:
        """The desk of one call: its output is published live, its questions go to the user."""
        return self.bench.desk(call_id, output.write, self.questions.ask)

    def live(self, event: e.TaskEvent) -> None:
        """Publish an event that is not stored."""
        self.ledger.live(event.METHOD, event.model_dump(mode="json", by_alias=True, exclude_none=True))

    # the turn

    @property
    def is_running(self) -> bool:
        return self._is_claimed or self._turn is not None

    @property
    def is_ending(self) -> bool:
        """The turn has recorded its end but not yet let go of the task."""
        return self._turn is not None and self.ledger.state.turn is None

    @property
    def is_at_rest(self) -> bool:
        """Nothing runs, waits or is still to be saved: another object may take this one's place."""
        return not (self.is_running or self._queue_changes or self.ledger.state.queue) and self.ledger.is_settled

    def start_turn(self, prompt: Entry, prompt_id: str, provider: Provider) -> Callable[[], None]:
        """Claim the next turn; calling what is returned records its beginning and lets it run.

        Raises RequestFailed when the task's workspace folder is not open, or the task is being deleted.
        """
        if self.is_closed:
            raise RequestFailed("task.unknown")
        _ = self.root
        turn_id = self.ledger.turn_id = self.world.ids.new("turn")
        self._is_claimed = True

        def begin() -> None:
            self._is_claimed = False
            if self.is_closed:
                return
            state = self.ledger.state
            waiting = [_delivery(queued) for queued in state.queue]
            started = e.TurnStarted(prompt_id=prompt_id, provider_id=provider.id, model_id=provider.model_id)
            title = state.title or title_of(prompt)
            self._turn_started_s = self.world.clock.monotonic_s()
            self.ledger.submit(*waiting, prompt, started, self._status("running", title), *self._warnings())
            self._tell_of_images()
            self.is_stopping = self._is_under_way = False
            self._turn = asyncio.create_task(self._run(provider.id), name=f"turn {turn_id}")

        return begin

    async def _run(self, provider_id: str) -> None:
        self._is_under_way = True
        try:
            await run_turn(self, provider_id)
        finally:
            self._turn = None
            self.streams.clear()

    def interrupt(self) -> None:
        """Ask the running turn to end; nothing if none runs. It ends `interrupted` within moments."""
        if self._turn is None or self.is_ending or self.is_stopping:
            return
        self.is_stopping = True
        if self._is_under_way:  # else it sees the wish before it does anything
            self._turn.cancel()

    async def ended(self) -> None:
        """Wait until no turn runs."""
        if self._turn is not None:
            await asyncio.wait({self._turn})

    def close(self) -> None:
        """Give the task up; a turn that runs is to be interrupted."""
        self.is_closed = True
        self.interrupt()

    def turn_duration_ms(self) -> int:
        return round((self.world.clock.monotonic_s() - self._turn_started_s) * 1000)

    def _warnings(self) -> list[e.Notice]:
        """What the user must know of this task before it goes on; told once."""
        warning, self._warning = self._warning, None
        if warning is None:
            return []
        return [e.Notice(level="warning", code="journal.warning", message=warning, advice=JOURNAL_ADVICE)]

    def _tell_of_images(self) -> None:
        """Say so, once, where what is to be sent holds images that the model does not take."""
        notices = self.images.notices()
        if notices:
            self.ledger.submit(*notices)

    # the queue

    def enqueue(self, prompt: Entry) -> tuple[Disposition, Callable[[], None]]:
        """What becomes of a prompt sent while a turn runs, and the call that records it as waiting."""
        will_be_seen = self.is_running and not self.is_stopping
        return "injected" if will_be_seen else "queued", self._queue_change(lambda: prompt)

    def change_queued(self, prompt_id: str, entry: Entry) -> Callable[[], None]:
        """A call that records what becomes of a waiting prompt, if it still waits then."""

        def still_waiting() -> Entry | None:
            return entry if any(each.prompt_id == prompt_id for each in self.ledger.state.queue) else None

        return self._queue_change(still_waiting)

    def _queue_change(self, entry_now: Callable[[], Entry | None]) -> Callable[[], None]:
        """A call that records a change of the queue; until it is called, the turn takes no next step."""
        self._queue_changes += 1
        self._queue_settled.clear()

        def record() -> None:
            self._queue_changes -= 1
            if not self._queue_changes:
                self._queue_settled.set()
            entry = entry_now()
            if entry is not None and not self.is_closed:
                self.ledger.submit(entry)
                self.ledger.submit(self._status(self.ledger.state.phase, self.ledger.state.title))

        return record

    async def queue_settled(self) -> None:
        """Wait until every answer that was given about the queue is recorded too."""
        await self._queue_settled.wait()

    async def deliver(self, prompts: Sequence[QueuedPrompt]) -> None:
        """Let waiting prompts join the conversation."""
        await self.ledger.record(*(_delivery(prompt) for prompt in prompts))
        self._tell_of_images()

    # the phase

    async def report_phase(self, phase: TaskState) -> None:
        if self.ledger.state.phase != phase:
            await self.ledger.record(self._status(phase, self.ledger.state.title))

    def _status(self, phase: TaskState, title: str) -> e.TaskStatus:
        state = self.ledger.state
        return e.TaskStatus(status=phase, title=title, queued=len(state.queue), usage=state.usage, cost=state.cost)

    # what streams now

    def open_stream(self, method: str, id_name: str, thing_id: str) -> OpenStream:
        stream = OpenStream(method, id_name, thing_id)
        self.streams[thing_id] = stream
        return stream

    def open_texts(self) -> dict[str, str]:
        """What each open message and reasoning has streamed so far, by its id."""
        return {thing_id: stream.text for thing_id, stream in self.streams.items() if stream.id_name == "messageId"}

    def replay_open_streams(self) -> list[EventFrame]:
        """One delta for everything that is open, with all its text so far."""
        return [
            EventFrame(
                method=stream.method,
                # Masked again: the fields of a call are read anew from its text, escapes and all.
                params={**self.ledger.live_envelope(), **masked_object(stream.whole(), self.redactor), "replay": True},
            )
            for stream in self.streams.values()
            if stream.pieces
        ]


def _delivery(queued: QueuedPrompt) -> Entry:
    return prompt_entry(queued.prompt_id, queued.content, "steer", "delivered", queued.client_message_id)
