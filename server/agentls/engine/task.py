"""A task that is open in this process: its ledger, its running turn, its queue and what waits for the user.

Knows no client. Invariant: at most one turn runs at a time, in one asyncio task that this object owns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from agentls.conversation.state import QueuedPrompt
from agentls.engine.connection import Connection
from agentls.engine.encoded_view import EncodedView
from agentls.engine.ledger import Entry, Ledger
from agentls.engine.live_output import LiveOutput
from agentls.engine.prompts import prompt_entry, title_of
from agentls.engine.streams import OpenStream
from agentls.engine.turn import run_turn
from agentls.engine.waits import Approvals, Questions
from agentls.engine.workbench import Workbench
from agentls.engine.world import World
from agentls.policy.redact import Redactor
from agentls.protocol import events as e
from agentls.protocol.provider import Provider
from agentls.protocol.settings import Settings
from agentls.protocol.task_requests import EventFrame
from agentls.protocol.values import ApprovalMode, TaskState
from agentls.tools.desk import Desk
from agentls.world.artifacts import Artifacts

Disposition = Literal["injected", "queued"]


class LiveTask:
    def __init__(self, ledger: Ledger, world: World, connection: Connection) -> None:
        self.task_id = ledger.state.task_id
        self.ledger = ledger
        self.world = world
        self.connection = connection
        self.approvals = Approvals(self)
        self.questions = Questions(self)
        self.view = EncodedView(ledger.state.workspace_uri)
        self.streams: dict[str, OpenStream] = {}
        self.approval_mode: ApprovalMode | None = None
        """The mode the task was started with, in place of the setting's. Never stored."""
        self._bench: Workbench | None = None
        self._turn: asyncio.Task[None] | None = None
        self._turn_started_s = 0.0

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
            artifacts = Artifacts(self.world.data_dir / "artifacts" / self.task_id)
            self._bench = Workbench(self.connection, self.root, artifacts, self.world.environment)
            self._bench.approval_mode = self.approval_mode
        return self._bench

    def desk(self, call_id: str, output: LiveOutput) -> Desk:
        """The desk of one call: its output is published live, its questions go to the user."""
        return self.bench.desk(call_id, output.write, self.questions.ask)

    # the turn

    @property
    def is_running(self) -> bool:
        return self._turn is not None

    @property
    def is_ending(self) -> bool:
        """The turn has recorded its end but not yet let go of the task."""
        return self._turn is not None and self.ledger.turn_begun and self.ledger.state.turn is None

    def start_turn(self, prompt: Entry, prompt_id: str, provider: Provider) -> Callable[[], None]:
        """Claim the next turn; calling what is returned records its beginning and lets it run.

        Raises RequestFailed when the task's workspace folder is not open.
        """
        _ = self.bench
        turn_id = self.world.ids.new("turn")
        self.ledger.turn_id, self.ledger.turn_begun = turn_id, False
        self._turn_started_s = self.world.clock.monotonic_s()
        begun = asyncio.Event()
        self._turn = asyncio.create_task(self._run(begun, provider), name=f"turn {turn_id}")

        def begin() -> None:
            state = self.ledger.state
            waiting = [_delivery(queued) for queued in state.queue]
            started = e.TurnStarted(prompt_id=prompt_id, provider_id=provider.id, model_id=provider.model_id)
            title = state.title or title_of(prompt)
            self.ledger.submit(*waiting, prompt, started, self._status("running", title))
            self.ledger.turn_begun = True
            begun.set()

        return begin

    async def _run(self, begun: asyncio.Event, provider: Provider) -> None:
        try:
            await begun.wait()
            await run_turn(self, provider)
        finally:
            self._turn = None
            self.streams.clear()

    def interrupt(self) -> None:
        """Ask the running turn to end; nothing if none runs. It ends `interrupted` within moments."""
        if self._turn is not None and self.ledger.state.turn is not None and not self._turn.cancelling():
            self._turn.cancel()

    async def ended(self) -> None:
        """Wait until no turn runs."""
        if self._turn is not None:
            await asyncio.wait({self._turn})

    def turn_duration_ms(self) -> int:
        return round((self.world.clock.monotonic_s() - self._turn_started_s) * 1000)

    # the queue

    def enqueue(self, prompt: Entry) -> tuple[Disposition, Callable[[], None]]:
        """What becomes of a prompt sent while a turn runs, and the call that records it as waiting."""
        stopping = self._turn is None or self._turn.cancelling() > 0
        return "queued" if stopping else "injected", self.recording(prompt)

    def recording(self, entry: Entry) -> Callable[[], None]:
        """A call that records `entry`."""

        def record() -> None:
            self.ledger.submit(entry)
            self.ledger.submit(self._status(self.ledger.state.phase, self.ledger.state.title))

        return record

    async def deliver(self, prompts: Sequence[QueuedPrompt]) -> None:
        """Let waiting prompts join the conversation."""
        await self.ledger.record(*(_delivery(prompt) for prompt in prompts))

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
            EventFrame(method=stream.method, params={**self.ledger.live_envelope(), **stream.whole(), "replay": True})
            for stream in self.streams.values()
            if stream.pieces
        ]


def _delivery(queued: QueuedPrompt) -> Entry:
    return prompt_entry(queued.prompt_id, queued.content, "steer", "delivered", queued.client_message_id)
