"""Requests that drive a task: start, steer, interrupt, the queue, the user's answers, trust.

Knows no journal. Invariant: what is answered has been decided, and is recorded by `Answer.then` as it was answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentls.engine.answer import Answer
from agentls.engine.parts import EngineParts
from agentls.engine.prompt_images import read_prompt
from agentls.engine.prompts import prompt_entry
from agentls.engine.task import LiveTask
from agentls.protocol import ask_requests as a
from agentls.protocol import task_requests as t
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.task_state import QueuedPrompt
from agentls.protocol.values import Block, PromptSource, blocks_of
from agentls.world.files import Workspace


class TurnRequests(EngineParts):
    async def task_start(self, params: t.TaskStartParams) -> Answer[t.TaskStartResult]:
        provider = self.connection.providers.get(params.provider_id)
        root = self.connection.root_of(params.workspace)
        content = await read_prompt(blocks_of(params.prompt), self._workspace)
        task = await self._tasks.create(root.as_uri(), params.mode)
        try:
            blocks = await content.kept_by(task.images)
        except (InvalidParams, RequestFailed):
            await self._tasks.delete(task.task_id)
            raise
        begin = self._begin(task, blocks, "start", provider.id)
        turn_id = task.ledger.turn_id or ""
        return Answer(t.TaskStartResult(task_id=task.task_id, turn_id=turn_id), begin)

    def _workspace(self) -> Workspace:
        return self.connection.workspace(self.connection.root_of(None))

    async def _accepted(self, task_id: str, prompt: str | list[Block]) -> tuple[LiveTask, list[Block]]:
        """The task, open here, and the prompt as it is recorded. Raises RequestFailed, InvalidParams.

        Nothing happens between the task's last look-up and the return.
        """
        content = await read_prompt(blocks_of(prompt), self._workspace)
        task = await self._tasks.opened(task_id)
        if not content.has_images:
            return task, content.blocks
        blocks = await content.kept_by(task.images)
        return await self._tasks.opened(task_id), blocks

    def _begin(
        self, task: LiveTask, blocks: Sequence[Block], source: PromptSource, provider_id: str | None
    ) -> Callable[[], None]:
        """Claim the task's next turn. Raises RequestFailed."""
        provider = self.connection.providers.get(provider_id)
        prompt_id = self._world.ids.new("prompt")
        return task.start_turn(prompt_entry(prompt_id, blocks, source, "delivered"), prompt_id, provider)

    def _provider_of(self, task: LiveTask) -> str | None:
        """The provider of the task's latest turn while it is still there, else the active one."""
        wanted = task.ledger.state.provider_id
        return wanted if self.connection.providers.has(wanted) else None

    async def turn_start(self, params: t.TurnStartParams) -> Answer[t.TurnStartResult]:
        task, blocks = await self._accepted(params.task_id, params.prompt)
        if task.is_running:
            raise RequestFailed("turn.active")
        begin = self._begin(task, blocks, "turn", self._provider_of(task))
        return Answer(t.TurnStartResult(turn_id=task.ledger.turn_id or ""), begin)

    async def turn_steer(self, params: t.TurnSteerParams) -> Answer[t.TurnSteerResult]:
        task, blocks = await self._accepted(params.task_id, params.prompt)
        prompt_id = self._world.ids.new("prompt")
        if not task.is_running:
            provider = self.connection.providers.get(self._provider_of(task))
            entry = prompt_entry(prompt_id, blocks, "steer", "delivered", params.client_message_id)
            begin = task.start_turn(entry, prompt_id, provider)
            turn_id = task.ledger.turn_id or ""
            return Answer(t.TurnSteerResult(disposition="started", turn_id=turn_id, prompt_id=prompt_id), begin)
        queued = prompt_entry(prompt_id, blocks, "steer", "queued", params.client_message_id)
        disposition, queue = task.enqueue(queued)
        result = t.TurnSteerResult(disposition=disposition, turn_id=task.ledger.turn_id or "", prompt_id=prompt_id)
        return Answer(result, queue)

    async def turn_interrupt(self, params: t.TurnInterruptParams) -> Answer[t.TurnInterruptResult]:
        task = self._tasks.live(params.task_id) or await self._tasks.opened(params.task_id)
        return Answer(t.TurnInterruptResult(), task.interrupt)

    # the queue

    async def queue_list(self, params: t.QueueListParams) -> Answer[t.QueueListResult]:
        live = self._tasks.live(params.task_id)
        state = live.ledger.state if live is not None else (await self._tasks.stored(params.task_id)).state
        prompts = [
            QueuedPrompt(
                prompt_id=prompt.prompt_id,
                content=list(prompt.content),
                client_message_id=prompt.client_message_id,
            )
            for prompt in state.queue
        ]
        return Answer(t.QueueListResult(prompts=prompts))

    async def queue_update(self, params: t.QueueUpdateParams) -> Answer[t.QueueUpdateResult]:
        content = await read_prompt(blocks_of(params.prompt), self._workspace)
        task, queued = await self._queued(params.task_id, params.prompt_id)
        blocks = await content.kept_by(task.images)
        entry = prompt_entry(params.prompt_id, blocks, "steer", "queued", queued.client_message_id)
        return Answer(t.QueueUpdateResult(), task.change_queued(params.prompt_id, entry))

    async def queue_remove(self, params: t.QueueRemoveParams) -> Answer[t.QueueRemoveResult]:
        task, queued = await self._queued(params.task_id, params.prompt_id)
        entry = prompt_entry(params.prompt_id, list(queued.content), "steer", "removed", queued.client_message_id)
        return Answer(t.QueueRemoveResult(), task.change_queued(params.prompt_id, entry))

    async def _queued(self, task_id: str | None, prompt_id: str) -> tuple[LiveTask, QueuedPrompt]:
        tasks = self._tasks.open if task_id is None else (await self._tasks.opened(task_id),)
        for task in tasks:
            for prompt in task.ledger.state.queue:
                if prompt.prompt_id == prompt_id:
                    return task, QueuedPrompt(
                        prompt_id=prompt_id,
                        content=list(prompt.content),
                        client_message_id=prompt.client_message_id,
                    )
        raise RequestFailed("prompt.unknown")

    # answers of the user

    async def approval_respond(self, params: a.ApprovalRespondParams) -> Answer[a.ApprovalRespondResult]:
        for task in self._tasks.open:
            give = task.approvals.claim(params.approval_id, params.decision, params.comment)
            if give is not None:
                return Answer(a.ApprovalRespondResult(accepted=True), give)
        if any(task.approvals.was_asked(params.approval_id) for task in self._tasks.open):
            return Answer(a.ApprovalRespondResult(accepted=False))
        raise RequestFailed("approval.unknown")

    async def question_respond(self, params: a.QuestionRespondParams) -> Answer[a.QuestionRespondResult]:
        for task in self._tasks.open:
            give = task.questions.claim(params.question_id, params.answer)
            if give is not None:
                return Answer(a.QuestionRespondResult(accepted=True), give)
        if any(task.questions.was_asked(params.question_id) for task in self._tasks.open):
            return Answer(a.QuestionRespondResult(accepted=False))
        raise RequestFailed("question.unknown")

    # trust

    async def workspace_set_trust(self, params: a.WorkspaceSetTrustParams) -> Answer[a.WorkspaceSetTrustResult]:
        def then() -> None:
            self.set_trusted(params.trusted)

        return Answer(a.WorkspaceSetTrustResult(trusted=params.trusted), then)

    def set_trusted(self, trusted: bool) -> None:
        """Whether the user trusts the workspace; commands that run in one no longer trusted are stopped."""
        self.connection.trusted = trusted
        if not trusted:
            for task in self._tasks.open:
                task.interrupt()
