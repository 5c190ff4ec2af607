"""`agent.check` for any editor: a check in the background, told by `$/progress` and one message at its end.

Knows LSP's progress, not what is checked. Invariant: the command is answered at once; every check it began ends, by
itself, by the editor's cancel or with the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from agentls.lsp.calls import Reply
from agentls.lsp.engine_slot import ServedEngine
from agentls.lsp.messages import encode_json
from agentls.lsp.outgoing import Outgoing, Refused
from agentls.protocol.errors import RequestFailed
from agentls.protocol.registry import REQUESTS

if TYPE_CHECKING:
    from agentls.lsp.session import Session
    from agentls.protocol.check import CheckedStep, ProviderCheckParams, ProviderCheckResult

logger = logging.getLogger(__name__)

METHOD: Final = "agent/provider/check"
CREATE_TIMEOUT_S: Final = 5.0
_ERROR, _WARNING, _INFO = 1, 2, 3
_SIGNS: Final = {"ok": "✓", "warn": "!", "fail": "✗", "skipped": "–"}


class _Checks(Protocol):
    """The engine's part in it."""

    def begin_check(
        self, params: ProviderCheckParams, tell: Callable[[CheckedStep], None]
    ) -> tuple[str, Awaitable[ProviderCheckResult]]: ...


class CheckCommand:
    """The checks that one editor began by command."""

    def __init__(self, post: Callable[[bytes], None], outgoing: Outgoing) -> None:
        self._post = post
        self._outgoing = outgoing
        self._can_progress = False
        self._count = 0
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, session: Session) -> None:
        """See whether this editor shows progress."""
        window = session.capabilities.get("window")
        self._can_progress = isinstance(window, Mapping) and window.get("workDoneProgress") is True

    def start(self, engine: ServedEngine, params: Mapping[str, Any]) -> Reply:
        """Begin a check; the reply says that it was begun. Raises InvalidParams, RequestFailed."""
        from agentls.protocol.reading import read_params  # imported here: pydantic is not needed to answer `initialize`

        progress = _Progress(self._post)
        given = cast("ProviderCheckParams", read_params(REQUESTS[METHOD].params, dict(params)))
        name, result = cast("_Checks", engine).begin_check(given, progress.step)
        self._count += 1
        token = f"agentls/check/{self._count}"
        work = asyncio.ensure_future(result)
        task = asyncio.ensure_future(self._run(name, work, token, progress))
        self._running[token] = task
        task.add_done_callback(lambda done: self._ended(token, work, done))
        return Reply(b"null")

    def cancel(self, token: object) -> None:
        """The editor's user wants no more of it."""
        task = self._running.get(token) if isinstance(token, str) else None
        if task is not None:
            task.cancel()

    async def aclose(self) -> None:
        """End what runs."""
        tasks = [*self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, name: str, work: asyncio.Future[ProviderCheckResult], token: str, progress: _Progress) -> None:
        try:
            if await self._may_show(token):
                progress.begin(token, f"Checking {name}")
            result = await work
        except asyncio.CancelledError:
            progress.end("cancelled")
            raise
        except RequestFailed as failed:
            progress.end(failed.message)
            self._say(_ERROR, f"{name} cannot be checked: {failed.message} {failed.advice}")
        else:
            progress.end("works" if result.ok else "does not work")
            self._say(*summary(name, result.checks))

    def _ended(self, token: str, work: asyncio.Future[ProviderCheckResult], task: asyncio.Task[None]) -> None:
        self._running.pop(token, None)
        work.cancel()  # it is over, or nobody waits for it
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("agent.check failed: %s", type(error).__name__)
            self._say(_ERROR, "The check failed: the server's log says more.")

    async def _may_show(self, token: str) -> bool:
        """Whether the editor takes progress under this token."""
        if not self._can_progress:
            return False
        try:
            await self._outgoing.ask("window/workDoneProgress/create", {"token": token}, CREATE_TIMEOUT_S)
        except (Refused, TimeoutError):
            return False
        return True

    def _say(self, kind: int, text: str) -> None:
        message = {"type": kind, "message": text}
        self._post(encode_json({"jsonrpc": "2.0", "method": "window/showMessage", "params": message}))


class _Progress:
    """The progress of one check; silent until it is begun under a token."""

    def __init__(self, post: Callable[[bytes], None]) -> None:
        self._post = post
        self._token: str | None = None
        self._last = ""

    def begin(self, token: str, title: str) -> None:
        """Show it, with the last step that ended meanwhile."""
        self._token = token
        self._tell({"kind": "begin", "title": title, "cancellable": True, "message": self._last})

    def step(self, step: CheckedStep) -> None:
        """A step ended."""
        self._last = f"{_SIGNS[step.status]} {step.title}"
        self._tell({"kind": "report", "message": self._last})

    def end(self, message: str) -> None:
        """It is over."""
        self._tell({"kind": "end", "message": message})
        self._token = None

    def _tell(self, value: Mapping[str, Any]) -> None:
        if self._token is not None:
            params = {"token": self._token, "value": value}
            self._post(encode_json({"jsonrpc": "2.0", "method": "$/progress", "params": params}))


def summary(name: str, steps: list[CheckedStep]) -> tuple[int, str]:
    """The kind of message and its words: what failed or is lost, and what to do."""
    failed = [step for step in steps if step.status == "fail"]
    told = failed or [step for step in steps if step.status == "warn"]
    if not told:
        done = sum(step.status == "ok" for step in steps)
        return _INFO, f"{name} works: all {done} steps that were tried are fine."
    kind, verb = (_ERROR, "does not work") if failed else (_WARNING, "works, with a loss")
    lines = [" ".join(filter(None, (f"{step.title}:", step.detail, step.advice))) for step in told]
    return kind, "\n".join((f"{name} {verb}.", *lines))
