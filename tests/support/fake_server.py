"""A server child for the terminal's tests: honest JSON-RPC on stdio, one scripted turn, no agent behind it.

`python fake_server.py SCENARIO LOG`: what it was told, and the names of its environment, go to the file LOG.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from agentls.lsp.frames import Body, FrameDecoder, encode_frame

Json = dict[str, object]
USAGE: Json = {"inputTokens": 1200, "cachedTokens": 1000, "outputTokens": 34}
DIFF: Json = {"unified": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n", "added": 1, "removed": 1}


class FakeServer:
    """Answers requests and plays its scenario once a task is started."""

    def __init__(self, scenario: str, log: Path) -> None:
        self.scenario = scenario
        self.log = log
        self.seq = 0
        self.heard: list[Json] = []

    def serve(self) -> None:
        for message in _messages():
            self.heard.append({"method": message.get("method"), "params": message.get("params")})
            if message.get("method") == "exit":
                break
            if "id" in message:
                self._request(message)
        told = {"argv": sys.argv[1:], "environment": sorted(os.environ), "heard": self.heard}
        self.log.write_text(json.dumps(told))

    def _request(self, message: Json) -> None:
        method = message["method"]
        if self.scenario == "mute":
            return
        if self.scenario == "refuse" and method == "agent/provider/set":
            error: Json = {
                "code": -32602,
                "message": "not an http or https URL",
                "data": {"path": "provider.baseUrl"},
            }
            _send({"jsonrpc": "2.0", "id": message["id"], "error": error})
            return
        if self.scenario == "internal" and method == "agent/provider/set":
            sys.stderr.write("ZeroDivisionError: \x1b[2Jof all things\n")
            fault: Json = {"code": -32603, "message": "internal error; the server's log says more"}
            _send({"jsonrpc": "2.0", "id": message["id"], "error": fault})
            return
        _send({"jsonrpc": "2.0", "id": message["id"], "result": self._result(str(method))})
        if method == "agent/task/start":
            self._start()
        elif method == "agent/turn/interrupt" and self.scenario == "endless":
            self._end("interrupted")
        elif method == "agent/approval/respond":
            params = message["params"]
            assert isinstance(params, dict)
            self._decided(str(params["decision"]))

    def _result(self, method: str) -> Json:
        if method == "initialize":
            return {"capabilities": {"experimental": {"agent": {"protocolVersion": 1}}}}
        if method == "agent/task/start":
            return {"taskId": "task_1", "turnId": "turn_1"}
        return {}

    def _start(self) -> None:
        self._tell(
            "agent/prompt",
            promptId="p_1",
            content=[{"type": "text", "text": "hi"}],
            source="start",
            state="delivered",
        )
        self._tell("agent/turn/started", promptId="p_1", providerId="default", modelId="m")
        self._tell("agent/request/started", requestId="r_1", attempt=1)
        if self.scenario == "die":
            sys.stderr.write("the fake server falls over\n")
            sys.exit(3)
        if self.scenario == "garbage":
            sys.stdout.buffer.write(b"this is no frame\r\n\r\n")
            sys.stdout.buffer.flush()
        if self.scenario == "unreadable":
            self._tell("agent/turn/completed", status="no such status")
        if self.scenario == "fail":
            self._end(
                "failed",
                error={
                    "code": "auth",
                    "title": "The key was refused",
                    "detail": "401",
                    "advice": "Check the key.",
                },
            )
        if self.scenario == "approval":
            self._call()

    def _call(self) -> None:
        self._tell("agent/toolCall/started", callId="call_1", index=0, name="edit_file")
        arguments = {"path": "a.txt", "old_string": "old", "new_string": "new"}
        self._tell(
            "agent/toolCall/ready",
            callId="call_1",
            name="edit_file",
            arguments=arguments,
            title="Edit a.txt",
            kind="edit",
            locations=[],
        )
        self._tell(
            "agent/approval/requested",
            approvalId="appr_1",
            callId="call_1",
            title="Edit a.txt",
            subject={"path": "a.txt", "diff": DIFF},
            decisions=["allow", "allowForTask", "deny"],
            expiresAt=0,
        )

    def _decided(self, decision: str) -> None:
        status = "denied" if decision == "deny" else "ok"
        self._tell("agent/approval/resolved", approvalId="appr_1", decision=decision, by="user")
        result: Json = {"callId": "call_1", "name": "edit_file", "status": status, "durationMs": 3}
        if status == "ok":
            result["diff"] = DIFF
        self._tell("agent/toolResult", content=[{"type": "text", "text": status}], **result)
        self._tell("agent/message/completed", messageId="m_1", text="All done.")
        self._end("completed")

    def _end(self, status: str, **more: object) -> None:
        self._tell(
            "agent/turn/completed",
            status=status,
            usage=USAGE,
            cost=0.0012,
            durationMs=4200,
            changedFiles=[],
            **more,
        )

    def _tell(self, method: str, **payload: object) -> None:
        self.seq += 1
        envelope: Json = {"taskId": "task_1", "turnId": "turn_1", "seq": self.seq, "time": 0}
        _send({"jsonrpc": "2.0", "method": method, "params": {**envelope, **payload}})


def _messages() -> Iterator[Json]:
    decoder = FrameDecoder()
    while data := os.read(0, 65536):
        for item in decoder.feed(data):
            assert isinstance(item, Body)
            yield json.loads(item.data)


def _send(message: Json) -> None:
    sys.stdout.buffer.write(encode_frame(json.dumps(message).encode()))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    FakeServer(sys.argv[1], Path(sys.argv[2])).serve()
