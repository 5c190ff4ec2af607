"""A server process with a fake engine behind the real transport: `python -m tests.support.bare_server`.

What it does is told by the words of the prompt, so that a test needs no second channel.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentls.engine.answer import Answer
from agentls.engine.publisher import LiveFrame, Publisher, StoredFrame
from agentls.lsp.main import serve
from agentls.lsp.messages import encode_json
from agentls.protocol import ask_requests as ask
from agentls.protocol import provider_requests as provider
from agentls.protocol import task_requests as task
from agentls.protocol.errors import RequestFailed
from agentls.world.buffers import Buffers
from agentls.world.paths import Place

TASK = "task_fake"
PIECE = "x" * 1000


class FakeEngine:
    """Answers what the wire tests need; everything else is an AttributeError, answered as internal."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._buffers: Buffers | None = None
        self._roots: Sequence[Path] = ()
        self._trusted = True
        self._seq = 0
        self._stored: dict[int, bytes] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, *, roots: Sequence[Path], trusted: bool, buffers: Buffers, configuration: Mapping[str, Any]) -> None:
        self._roots, self._trusted, self._buffers = roots, trusted, buffers

    def change_roots(self, roots: Sequence[Path]) -> None:
        self._roots = roots

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        return self._stored.get(seq)

    async def warm_up(self) -> None:
        return None

    async def aclose(self) -> None:
        for work in self._tasks:
            work.cancel()
        self.store("agent/turn/completed", {"status": "interrupted"})

    def store(self, method: str, payload: Mapping[str, Any]) -> None:
        self._seq += 1
        params = encode_json({"taskId": TASK, "seq": self._seq, "time": 0, **payload})
        self._stored[self._seq] = params
        self._publisher.stored(StoredFrame(TASK, self._seq, method, params))

    def live(self, method: str, payload: Mapping[str, Any]) -> None:
        self._publisher.live(LiveFrame(TASK, None, 0, method, payload))

    async def task_list(self, params: task.TaskListParams) -> Answer[Any]:
        return Answer(task.TaskListResult(data=[]))

    async def task_start(self, params: task.TaskStartParams) -> Answer[Any]:
        assert isinstance(params.prompt, str)
        word, _, rest = params.prompt.partition(" ")
        then = getattr(self, f"_do_{word}", None)
        result = task.TaskStartResult(task_id=TASK, turn_id=params.prompt)
        return Answer(result, (lambda: then(rest)) if then else None)

    async def task_get(self, params: task.TaskGetParams) -> Answer[Any]:
        """Never answers by itself: something to cancel."""
        await asyncio.Event().wait()
        raise AssertionError

    async def task_export(self, params: task.TaskExportParams) -> Answer[Any]:
        """Says what the session is."""
        roots = [root.as_uri() for root in self._roots]
        return Answer(encode_json({"roots": roots, "trusted": self._trusted}))

    async def task_delete(self, params: task.TaskDeleteParams) -> Answer[Any]:
        raise ValueError("secret detail /etc/passwd")

    async def turn_start(self, params: task.TurnStartParams) -> Answer[Any]:
        raise RequestFailed("turn.active")

    async def turn_steer(self, params: task.TurnSteerParams) -> Answer[Any]:
        result = task.TurnSteerResult(disposition="queued", turn_id="turn_1", prompt_id=params.task_id)
        return Answer(result)

    async def turn_interrupt(self, params: task.TurnInterruptParams) -> Answer[Any]:
        return Answer(task.TurnInterruptResult())

    async def content_read(self, params: task.ContentReadParams) -> Answer[Any]:
        """The text of an open document, by its path in `ref`."""
        assert self._buffers is not None
        buffer = self._buffers.get(Path(params.ref))
        return Answer(encode_json(None if buffer is None else {"text": buffer.text, "dirty": buffer.dirty}))

    async def provider_set(self, params: provider.ProviderSetParams) -> Answer[Any]:
        """Echoes the one field that is free JSON."""
        return Answer(encode_json(params.provider.extra_body))

    async def approval_respond(self, params: ask.ApprovalRespondParams) -> Answer[Any]:
        return Answer(encode_json({"approvalId": params.approval_id, "decision": params.decision}))

    async def question_respond(self, params: ask.QuestionRespondParams) -> Answer[Any]:
        self.store("agent/notice", {"level": "info", "code": "echo", "message": params.answer})
        return Answer(task.TaskExportResult(uri=params.answer))

    # What a prompt may ask for.

    def _do_flood(self, rest: str) -> None:
        """flood KIB [message]: so much command output, or text of a message, between two stored frames."""
        kib, _, kind = rest.partition(" ")
        self.store("agent/message/started", {"messageId": "msg_1"})
        payload: dict[str, Any] = {"callId": "call_1", "stream": "stdout", "delta": PIECE}
        method = "agent/toolCall/output"
        if kind:
            method, payload = "agent/message/delta", {"messageId": "msg_1", "delta": PIECE}
        for _ in range(int(kib)):
            self.live(method, payload)
        self.store("agent/message/completed", {"messageId": "msg_1", "text": "whole"})

    def _do_store(self, rest: str) -> None:
        """store N: so many stored frames of 10 KB."""
        for _ in range(int(rest)):
            self.store("agent/notice", {"level": "info", "code": "x", "message": "y" * 10_000})

    def _do_approve(self, rest: str) -> None:
        self.store("agent/turn/started", {"promptId": "p", "providerId": "q", "modelId": "m"})
        self.store("agent/approval/requested", {"approvalId": rest})

    def _do_number(self, rest: str) -> None:
        self.store("agent/notice", {"level": "info", "code": "number", "message": "", "value": float("nan")})

    def _do_print(self, rest: str) -> None:
        print("noise on stdout")
        os.write(1, b"more noise\n")
        sys.stdout.flush()

    def _do_block(self, rest: str) -> None:
        """A worker thread that will not end for half a minute."""
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 30)

    def _do_edit(self, rest: str) -> None:
        """edit PATH: put `new text` into the open document."""

        async def edit() -> None:
            assert self._buffers is not None
            path = Path(rest)
            place = Place(path.parent, path.name, path, path.as_uri(), None, path.name, "file", False)
            applied = await self._buffers.apply(place, "new text\n", "Edit by the agent")
            outcome = None if applied is None else {"accepted": applied.accepted, "text": applied.text}
            self.store("agent/notice", {"level": "info", "code": "edit", "message": "", "applied": outcome})

        work = asyncio.ensure_future(edit())
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)


def main() -> int:
    build: Callable[[Publisher, Mapping[str, str]], FakeEngine] = lambda publisher, _: FakeEngine(publisher)  # noqa: E731
    return serve(dict(os.environ), build=build)


if __name__ == "__main__":
    sys.exit(main())
