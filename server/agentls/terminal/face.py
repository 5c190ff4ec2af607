"""What stands between the client and the person: it shows what comes and has what is asked answered.

It does not know how things are shown or who decides. Invariant: every task it starts ends with `close`, and
whatever goes wrong in one ends the wait for the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress

import msgspec

from agentls.terminal import messages as m
from agentls.terminal.approvals import Asker
from agentls.terminal.client import Client, RequestRefused, ServerGone
from agentls.terminal.json_lines import JsonLines
from agentls.terminal.timeline import Timeline

INTERRUPT_WAIT_S = 5.0
CONTROL = frozenset(
    {
        "agent/approval/requested",
        "agent/approval/resolved",
        "agent/question/requested",
        "agent/question/resolved",
        "agent/turn/completed",
    }
)


class Face:
    """One person's view of one turn."""

    def __init__(self, timeline: Timeline | None, lines: JsonLines | None, asker: Asker) -> None:
        self._timeline = timeline
        self._lines = lines
        self._asker = asker
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._own: set[asyncio.Task[None]] = set()
        self._interrupts = 0
        self.client: Client | None = None
        self.task_id: str | None = None
        self.is_starting = False
        """The task was asked for; its id is on the way."""
        self.ended: asyncio.Future[m.TurnCompleted] = asyncio.get_running_loop().create_future()

    @property
    def unwanted(self) -> tuple[str, ...]:
        """Notifications that nobody here would look at."""
        return self._timeline.unwanted if self._timeline is not None and self._lines is None else ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed (or we were told to end)."""
        return self._interrupts > 0

    def attach(self, client: Client) -> None:
        """Speak through this client, and end with it."""
        self.client = client
        client.ended.add_done_callback(self._lost)

    def hear(self, method: str, params: msgspec.Raw) -> None:
        """Take a notification; the client's listener."""
        if self._lines is not None:
            self._lines.write(method, params)
        if self._timeline is None and method not in CONTROL:
            return
        message = m.read_message(method, params)
        if message is None:
            return
        if self._timeline is not None:
            self._timeline.show(message)
        match message:
            case m.ApprovalRequested():
                self._ask(message.approval_id, self._decide(message))
            case m.QuestionRequested():
                self._ask(message.question_id, self._answer(message))
            case m.ApprovalResolved():
                self._stop_asking(message.approval_id)
            case m.QuestionResolved():
                self._stop_asking(message.question_id)
            case m.TurnCompleted() if not self.ended.done():
                self.ended.set_result(message)
            case _:
                pass

    def interrupt(self) -> None:
        """Ctrl-C: the first asks the turn to stop, the second ends the server."""
        self._interrupts += 1
        if self._interrupts > 1 or not (self.is_starting or self.task_id):
            self._kill()
        elif self.task_id is not None:
            self.request_interrupt()

    def request_interrupt(self) -> None:
        """Ask for the end of the turn; if it does not come, end the server."""
        self._start(self._interrupt_turn())

    async def close(self) -> None:
        """Stop asking and interrupting; nothing is waited for any more."""
        if not self.ended.cancel() and not self.ended.cancelled():
            self.ended.exception()
        for task in [*self._own]:
            task.cancel()
        await asyncio.gather(*self._own, return_exceptions=True)

    def _kill(self) -> None:
        if self.client is not None:
            self.client.kill()

    def _lost(self, ended: asyncio.Future[None]) -> None:
        error = ended.exception()
        if not self.ended.done():
            self.ended.set_exception(error or ServerGone("the server has ended"))

    async def _interrupt_turn(self) -> None:
        asking = [*self._asking.values()]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if self._timeline is not None:
            self._timeline.say("warning", "! interrupting; press Ctrl-C again to end at once")
        await self._send("agent/turn/interrupt", {"taskId": self.task_id})
        await asyncio.sleep(INTERRUPT_WAIT_S)
        self._kill()

    async def _decide(self, request: m.ApprovalRequested) -> None:
        async with self._one_at_a_time:
            decision = await self._asker.decide(request)
        params = {"approvalId": request.approval_id, "decision": decision.verdict}
        if decision.comment is not None:
            params["comment"] = decision.comment
        await self._send("agent/approval/respond", params)

    async def _answer(self, question: m.QuestionRequested) -> None:
        async with self._one_at_a_time:
            answer = await self._asker.answer(question)
        await self._send("agent/question/respond", {"questionId": question.question_id, "answer": answer})

    async def _send(self, method: str, params: Mapping[str, object]) -> None:
        # A refusal (decided elsewhere meanwhile) or a server that is gone: the end of the turn tells.
        if self.client is not None:
            with suppress(RequestRefused, ServerGone):
                await self.client.request(method, params)

    def _ask(self, key: str, work: Coroutine[None, None, None]) -> None:
        task = self._start(work)
        self._asking[key] = task
        task.add_done_callback(lambda _: self._asking.pop(key, None))

    def _stop_asking(self, key: str) -> None:
        task = self._asking.get(key)
        if task is not None:
            task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._own.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._own.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.ended.done():
            self.ended.set_exception(error)
