"""Records for tests, written as a story: each call adds one event with the next number."""

from __future__ import annotations

from agentls.conversation.record import Private, Record
from agentls.conversation.reduce import fold
from agentls.conversation.state import TaskState
from agentls.protocol import events as e
from agentls.protocol.values import TextBlock, TextContent, Usage

START = TaskState("task_1", created_ms=1_000, workspace_uri="file:///w")
USAGE = Usage(input_tokens=10, output_tokens=5)


class Story:
    """The records of one task."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.turn_id: str | None = None

    def add(self, event: e.TaskEvent, private: Private | None = None) -> Story:
        seq = len(self.records) + 1
        self.records.append(Record(seq, 1_000 + seq, self.turn_id, event, private))
        return self

    @property
    def state(self) -> TaskState:
        return fold(START, self.records)

    def turn(self, number: int = 1, text: str = "Fix it") -> Story:
        self.turn_id = f"turn_{number}"
        prompt_id = f"prompt_{number}"
        self.prompt(prompt_id, text, "delivered", "start")
        self.add(e.TurnStarted(prompt_id=prompt_id, provider_id="p", model_id="m"))
        return self.add(e.TaskStatus(status="running", title="Fix it", queued=0, usage=USAGE))

    def prompt(self, prompt_id: str, text: str, state: str, source: str = "steer") -> Story:
        return self.add(
            e.Prompt.model_validate(
                {
                    "promptId": prompt_id,
                    "content": [TextBlock(text=text).model_dump()],
                    "source": source,
                    "state": state,
                }
            )
        )

    def request(self, request_id: str = "req_1", attempt: int = 1) -> Story:
        return self.add(e.RequestStarted(request_id=request_id, attempt=attempt))

    def says(self, text: str, message_id: str = "msg_1", *, discarded: bool | None = None) -> Story:
        self.add(e.MessageStarted(message_id=message_id))
        return self.add(e.MessageCompleted(message_id=message_id, text=text, discarded=discarded))

    def calls(
        self, call_id: str, name: str = "read_file", arguments: str | None = '{"path":"a"}', index: int = 0
    ) -> Story:
        self.add(e.ToolCallStarted(call_id=call_id, provider_call_id=f"p_{call_id}", index=index, name=name))
        if arguments is None:
            return self
        ready = e.ToolCallReady(call_id=call_id, name=name, arguments={}, title=name, kind="read", locations=[])
        return self.add(ready, Private(arguments=arguments))

    def replied(self, request_id: str = "req_1", **fields: object) -> Story:
        return self.add(e.RequestCompleted.model_validate({"requestId": request_id, **fields}))

    def result(self, call_id: str, text: str = "done", status: str = "ok", name: str = "read_file") -> Story:
        return self.add(
            e.ToolResult.model_validate(
                {
                    "callId": call_id,
                    "name": name,
                    "status": status,
                    "content": [TextContent(text=text).model_dump()],
                    "durationMs": 1,
                }
            )
        )
