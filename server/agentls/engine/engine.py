"""The engine: one method for every request of the protocol.

Knows neither JSON-RPC nor who asks. Invariant: a method answers with what was accepted; what comes of it is told
by events, which begin only after the answer (`Answer.then`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from agentls.conversation.task_view import TaskViewBuilder
from agentls.conversation.text import well_formed
from agentls.conversation.transcript import to_markdown
from agentls.engine.answer import Answer
from agentls.engine.connection import Connection
from agentls.engine.history import read_content, records_of, replayed
from agentls.engine.ledger import Ledger
from agentls.engine.prompts import prompt_entry
from agentls.engine.providers import Providers
from agentls.engine.publisher import Publisher
from agentls.engine.task import LiveTask
from agentls.engine.tasks import Tasks
from agentls.engine.warm_up import build_models
from agentls.engine.world import World
from agentls.protocol import ask_requests as a
from agentls.protocol import provider_requests as p
from agentls.protocol import task_requests as t
from agentls.protocol.errors import InvalidParams, RequestFailed, invalid_params
from agentls.protocol.provider import Provider
from agentls.protocol.settings import SettingsPatch
from agentls.protocol.task_state import QueuedPrompt, TaskSummary, TaskView
from agentls.protocol.values import Block, PromptSource, TaskState, Usage, blocks_of
from agentls.world.buffers import Buffers
from agentls.world.configuration import ConfigurationError, Layer, load_configuration
from agentls.world.http import TransportError
from agentls.world.journal import Journal
from agentls.world.text_files import write_text

logger = logging.getLogger(__name__)

LIST_LIMIT = 50
EVENTS_LIMIT = 1000
_LOCAL = "http://127.0.0.1"


class Engine:
    def __init__(self, world: World, publisher: Publisher) -> None:
        self.connection = Connection(world, Providers(world.environment))
        self._world = world
        self._publisher = publisher
        self._beside: set[asyncio.Task[None]] = set()
        self._tasks = Tasks(world, publisher, self._make_task)

    def _make_task(self, ledger: Ledger) -> LiveTask:
        return LiveTask(ledger, self._world, self.connection)

    def open(
        self,
        *,
        roots: Sequence[Path],
        trusted: bool,
        buffers: Buffers,
        configuration: Mapping[str, object],
    ) -> None:
        """Take the workspace of this connection: folders as real paths, the first is the default."""
        self.connection.roots = tuple(roots)
        self.connection.trusted = trusted
        self.connection.buffers = buffers
        self._configure(configuration)

    def _configure(self, options: Mapping[str, object]) -> None:
        """Take the provider and settings of the file, the environment and the editor's own configuration.

        What is wrong with them is told when a provider is asked for: a client that sets its own is not concerned.
        """
        provider, settings = options.get("provider"), options.get("settings")
        try:
            found = load_configuration(
                self._world.environment,
                Layer(
                    "initializationOptions",
                    provider if isinstance(provider, dict) else {},
                    settings if isinstance(settings, dict) else {},
                ),
            )
            if found.settings:
                self.connection.change_settings(SettingsPatch.model_validate(found.settings))
            if "baseUrl" in found.provider and "modelId" in found.provider:
                fields = {"id": "default", "name": "Default", **found.provider}
                self.connection.providers.set(Provider.model_validate(fields))
                if found.api_key is not None:
                    self.connection.providers.set_key("default", found.api_key)
        except ConfigurationError as wrong:
            self.connection.providers.problem = str(wrong)
        except (ValidationError, InvalidParams) as wrong:
            refused = invalid_params(wrong) if isinstance(wrong, ValidationError) else wrong
            self.connection.providers.problem = refused.message
        if self.connection.providers.problem is not None:
            logger.warning("the configuration cannot be used: %s", self.connection.providers.problem)

    def change_roots(self, roots: Sequence[Path]) -> None:
        """Take the workspace folders as they now are."""
        self.connection.roots = tuple(roots)

    @property
    def journal(self) -> Journal:
        return self._world.journal

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        """The params of a stored frame, from the journal. Any thread."""
        return self._world.journal.params(task_id, seq)

    def set_trusted(self, trusted: bool) -> None:
        """Whether the user trusts the workspace; commands that run in one no longer trusted are stopped."""
        self.connection.trusted = trusted
        if not trusted:
            for task in self._tasks.open:
                task.interrupt()

    # providers

    async def provider_list(self, params: p.ProviderListParams) -> Answer[p.ProviderListResult]:
        providers = self.connection.providers
        return Answer(p.ProviderListResult(providers=list(providers.views()), active=providers.active))

    async def provider_set(self, params: p.ProviderSetParams) -> Answer[p.ProviderSetResult]:
        view, warnings = self.connection.providers.set(params.provider)

        def then() -> None:
            self._providers_changed()
            self._own(self._prepare(view.id))

        return Answer(p.ProviderSetResult(provider=view, warnings=warnings), then)

    async def provider_set_key(self, params: p.ProviderSetKeyParams) -> Answer[p.ProviderSetKeyResult]:
        is_set = self.connection.providers.set_key(params.id, params.api_key)
        return Answer(p.ProviderSetKeyResult(api_key_set=is_set), self._providers_changed)

    async def provider_remove(self, params: p.ProviderRemoveParams) -> Answer[p.ProviderRemoveResult]:
        self.connection.providers.remove(params.id)
        result = p.ProviderRemoveResult(active=self.connection.providers.active)
        return Answer(result, self._providers_changed)

    async def provider_select(self, params: p.ProviderSelectParams) -> Answer[p.ProviderSelectResult]:
        self.connection.providers.select(params.id)
        return Answer(p.ProviderSelectResult(active=params.id), self._providers_changed)

    def _providers_changed(self) -> None:
        providers = self.connection.providers
        changed = p.ProviderChanged(providers=list(providers.views()), active=providers.active)
        data = changed.model_dump_json(by_alias=True, exclude_none=True).encode()
        self._publisher.outside("agent/provider/changed", data)

    # settings, tools, trust

    async def settings_get(self, params: p.SettingsGetParams) -> Answer[p.SettingsGetResult]:
        environment = await self.connection.environment()
        return Answer(p.SettingsGetResult(settings=self.connection.settings, environment=environment))

    async def settings_set(self, params: p.SettingsSetParams) -> Answer[p.SettingsSetResult]:
        self.connection.change_settings(params.settings)
        environment = await self.connection.environment()
        return Answer(p.SettingsSetResult(settings=self.connection.settings, environment=environment))

    async def tools_list(self, params: a.ToolsListParams) -> Answer[a.ToolsListResult]:
        return Answer(a.ToolsListResult(tools=self.connection.tool_list()))

    async def workspace_set_trust(self, params: a.WorkspaceSetTrustParams) -> Answer[a.WorkspaceSetTrustResult]:
        def then() -> None:
            self.set_trusted(params.trusted)

        return Answer(a.WorkspaceSetTrustResult(trusted=params.trusted), then)

    # tasks

    async def task_start(self, params: t.TaskStartParams) -> Answer[t.TaskStartResult]:
        provider = self.connection.providers.get(params.provider_id)
        root = self.connection.root_of(params.workspace)
        task = await self._tasks.create(root.as_uri())
        task.approval_mode = params.mode
        begin = self._begin(task, blocks_of(params.prompt), "start", provider.id)
        turn_id = task.ledger.turn_id or ""
        return Answer(t.TaskStartResult(task_id=task.task_id, turn_id=turn_id), begin)

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

    async def task_list(self, params: t.TaskListParams) -> Answer[t.TaskListResult]:
        limit = params.limit or LIST_LIMIT
        entries, cursor = await self._world.journal.entries(params.cursor, limit)
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
        path = self._world.data_dir / "exports" / f"{params.task_id}.{suffix}"
        await asyncio.to_thread(write_text, path, well_formed(text))
        return Answer(t.TaskExportResult(uri=path.as_uri()))

    async def task_events(self, params: t.TaskEventsParams) -> Answer[t.TaskEventsResult]:
        await self._tasks.read(params.task_id)  # closes what a dead process left open
        limit = min(params.limit or EVENTS_LIMIT, EVENTS_LIMIT)
        rows = await self._world.journal.rows(params.task_id, params.since_seq, limit + 1)
        more = len(rows) > limit
        events = [replayed(row) for row in rows[:limit]]
        live = self._tasks.live(params.task_id)
        last_seq = max((row.seq for row in rows[:limit]), default=params.since_seq)
        if live is not None:
            if not more:
                events += live.replay_open_streams()
            last_seq = max(last_seq, live.ledger.committed_seq)
        elif more:
            last_seq = (await self._tasks.stored(params.task_id)).state.last_seq
        return Answer(t.TaskEventsResult(events=events, last_seq=last_seq, more=more))

    # turns

    async def turn_start(self, params: t.TurnStartParams) -> Answer[t.TurnStartResult]:
        task = await self._tasks.opened(params.task_id)
        if task.is_ending:
            await task.ended()
        if task.is_running:
            raise RequestFailed("turn.active")
        begin = self._begin(task, blocks_of(params.prompt), "turn", self._provider_of(task))
        return Answer(t.TurnStartResult(turn_id=task.ledger.turn_id or ""), begin)

    async def turn_steer(self, params: t.TurnSteerParams) -> Answer[t.TurnSteerResult]:
        task = await self._tasks.opened(params.task_id)
        if task.is_ending:
            await task.ended()
        prompt_id = self._world.ids.new("prompt")
        blocks = blocks_of(params.prompt)
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
        task, queued = await self._queued(params.task_id, params.prompt_id)
        entry = prompt_entry(params.prompt_id, blocks_of(params.prompt), "steer", "queued", queued.client_message_id)
        return Answer(t.QueueUpdateResult(), task.recording(entry))

    async def queue_remove(self, params: t.QueueRemoveParams) -> Answer[t.QueueRemoveResult]:
        task, queued = await self._queued(params.task_id, params.prompt_id)
        entry = prompt_entry(params.prompt_id, list(queued.content), "steer", "removed", queued.client_message_id)
        return Answer(t.QueueRemoveResult(), task.recording(entry))

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

    async def content_read(self, params: t.ContentReadParams) -> Answer[t.ContentReadResult]:
        stored = await self._tasks.stored(params.task_id)
        return Answer(read_content(stored.rows, params.ref, params.offset, params.limit))

    # life

    async def warm_up(self) -> None:
        """Load what the first turn needs, after `initialize` was answered."""
        await self._prepare(self.connection.providers.active)
        await build_models(self.connection.toolbox)

    async def _prepare(self, provider_id: str | None) -> None:
        """Do what the first request to a provider would wait for (imports, certificates), without a request."""
        has = self.connection.providers.has(provider_id)
        provider = self.connection.providers.get(provider_id) if has else None
        try:
            if provider is None:
                await self._world.http.prepare(_LOCAL)
            else:
                await self._world.http.prepare(provider.base_url, proxy=provider.proxy, ca_bundle=provider.ca_bundle)
        except TransportError as error:  # told by the first request, with advice
            logger.debug("the endpoint cannot be prepared: %s", error.kind)

    def _own(self, work: Coroutine[None, None, None]) -> None:
        """Run work beside the requests; `aclose` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def aclose(self) -> None:
        """Interrupt what runs, save what is not saved, close what is open."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._tasks.aclose()
        await self._world.http.aclose()
        await self._world.journal.aclose()
