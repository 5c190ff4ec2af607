"""Waiting for the user: approvals and questions.

Knows no client and no policy. Invariant: what was requested is resolved exactly once, the first answer wins, and
silence is a denial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from agentls.conversation.text import cap
from agentls.protocol import events as e
from agentls.protocol.errors import RequestFailed
from agentls.protocol.values import Decision, ResolvedBy, Subject

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask

Answer_ = TypeVar("Answer_")

MOST_OPTIONS = 20
OPTION_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ApprovalAnswer:
    decision: Decision
    by: ResolvedBy
    comment: str | None = None


class Waits(Generic[Answer_]):
    """Futures by id; each takes one answer."""

    def __init__(self) -> None:
        self._open: dict[str, asyncio.Future[Answer_]] = {}

    def opens(self, wait_id: str) -> asyncio.Future[Answer_]:
        future: asyncio.Future[Answer_] = asyncio.get_running_loop().create_future()
        self._open[wait_id] = future
        return future

    def closes(self, wait_id: str) -> None:
        self._open.pop(wait_id, None)

    def claim(self, wait_id: str, answer: Answer_) -> Callable[[], None] | None:
        """Take the right to answer: what is returned gives the answer. None if it is no longer open."""
        future = self._open.pop(wait_id, None)
        if future is None or future.done():
            return None

        def give() -> None:
            if not future.done():
                future.set_result(answer)

        return give


class Approvals:
    """The approvals that one task waits for."""

    def __init__(self, task: LiveTask) -> None:
        self._task = task
        self._waits: Waits[ApprovalAnswer] = Waits()
        self._decisions: dict[str, tuple[Decision, ...]] = {}
        self._asked: set[str] = set()

    async def ask(self, call_id: str, title: str, subject: Subject, decisions: Sequence[Decision]) -> ApprovalAnswer:
        """Ask the user and wait; a denial once the time-out of the settings is over."""
        task = self._task
        timeout_s = task.settings.approval.timeout_s
        approval_id = task.world.ids.new("appr")
        future = self._waits.opens(approval_id)
        self._decisions[approval_id] = tuple(decisions)
        self._asked.add(approval_id)
        requested = e.ApprovalRequested(
            approval_id=approval_id,
            call_id=call_id,
            title=title,
            subject=subject,
            decisions=list(decisions),
            expires_at=task.world.clock.now_ms() + round(timeout_s * 1000),
        )
        timer = asyncio.create_task(self._expire(approval_id, timeout_s))
        try:
            await task.ledger.record(e.ToolCallStatus(call_id=call_id, status="awaitingApproval"), requested)
            await task.report_phase("awaitingApproval")
            answer = await future
        finally:
            timer.cancel()
            self._waits.closes(approval_id)
            del self._decisions[approval_id]
        await task.ledger.record(e.ApprovalResolved(approval_id=approval_id, decision=answer.decision, by=answer.by))
        await task.report_phase("running")
        return answer

    async def _expire(self, approval_id: str, timeout_s: float) -> None:
        """Silence is a denial once `timeout_s` passed; an answer that was accepted by then stands."""
        await self._task.world.clock.sleep(timeout_s)
        give = self._waits.claim(approval_id, ApprovalAnswer("deny", "timeout"))
        if give is not None:
            give()

    def claim(self, approval_id: str, decision: Decision, comment: str | None) -> Callable[[], None] | None:
        """Answer for the user. Raises RequestFailed for a decision that was not offered."""
        offered = self._decisions.get(approval_id, (decision,))
        if decision not in offered:
            raise RequestFailed("approval.decisionNotOffered", advice=f"Answer with one of: {', '.join(offered)}.")
        return self._waits.claim(approval_id, ApprovalAnswer(decision, "user", comment))

    def was_asked(self, approval_id: str) -> bool:
        return approval_id in self._asked


class Questions:
    """The questions that one task waits for."""

    def __init__(self, task: LiveTask) -> None:
        self._task = task
        self._waits: Waits[str] = Waits()
        self._asked: set[str] = set()

    async def ask(self, question: str, options: Sequence[str]) -> str:
        """Ask the user and wait for as long as it takes."""
        task = self._task
        question_id = task.world.ids.new("ques")
        future = self._waits.opens(question_id)
        self._asked.add(question_id)
        try:
            await task.ledger.record(
                e.QuestionRequested(
                    question_id=question_id,
                    question=cap(question),
                    options=[cap(option, OPTION_BYTES) for option in options[:MOST_OPTIONS]],
                )
            )
            await task.report_phase("awaitingAnswer")
            answer = await future
        finally:
            self._waits.closes(question_id)
        await task.ledger.record(e.QuestionResolved(question_id=question_id, answer=cap(answer)))
        await task.report_phase("running")
        return answer

    def was_asked(self, question_id: str) -> bool:
        return question_id in self._asked

    def claim(self, question_id: str, answer: str) -> Callable[[], None] | None:
        return self._waits.claim(question_id, answer)
