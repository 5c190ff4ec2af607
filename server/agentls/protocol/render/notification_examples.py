"""One example of every notification: its params as sent, envelope included. The story of request_examples.

Data only, shown in protocol.md and validated by the tests. Invariant: stored ones have no `part`, live ones
of a task have one.
"""

from collections.abc import Mapping

_TASK = "task_7f3k2m9q4x1c"
_TURN = "turn_b8r5w0y6t2hd"
_REQUEST = "req_c4e6g8i0k2mo"
_MESSAGE = "msg_a1c3e5g7i9km"
_THOUGHT = "rsn_p0r2t4v6x8zb"
_CALL = "call_k2p8d6q0u5mf"
_EDIT = "call_w5y7a9c1e3gi"
_USAGE = {"inputTokens": 5210, "cachedTokens": 4096, "outputTokens": 318}
_OVERLOADED = {
    "code": "overloaded",
    "title": "The endpoint is too busy",
    "detail": "503 from http://localhost:11434: server busy",
    "advice": "Wait a moment, or choose a smaller model.",
    "httpStatus": 503,
    "retryable": True,
}
_DIFF = {
    "unified": "@@ -1,2 +1,2 @@\n def total(items):\n-    return 0\n+    return sum(i.price for i in items)\n",
    "added": 1,
    "removed": 1,
}


def _stored(seq: int, **payload: object) -> dict[str, object]:
    return {"taskId": _TASK, "turnId": _TURN, "seq": seq, "time": 1767225600000 + seq * 1700, **payload}


def _live(seq: int, part: int, **payload: object) -> dict[str, object]:
    return {**_stored(seq), "part": part, **payload}


NOTIFICATION_EXAMPLES: Mapping[str, object] = {
    "agent/task/status": _stored(
        2,
        status="running",
        title="Make the failing test pass",
        queued=0,
        usage={"inputTokens": 0, "outputTokens": 0},
    ),
    "agent/prompt": _stored(
        1,
        promptId="prompt_e4n7s1v9j3za",
        content=[
            {"type": "text", "text": "Make the failing test pass"},
            {"type": "file", "uri": "file:///home/ana/shop/tests/test_cart.py"},
        ],
        source="start",
        state="delivered",
    ),
    "agent/turn/started": _stored(3, promptId="prompt_e4n7s1v9j3za", providerId="local", modelId="qwen3-coder:30b"),
    "agent/turn/completed": _stored(
        25,
        status="completed",
        usage=_USAGE,
        cost=0.0042,
        durationMs=41800,
        changedFiles=[{"uri": "file:///home/ana/shop/src/cart.py", "path": "src/cart.py", "change": "modified"}],
    ),
    "agent/request/started": _stored(4, requestId=_REQUEST, attempt=1),
    "agent/request/retrying": _live(4, 1, requestId=_REQUEST, attempt=2, delayMs=740, error=_OVERLOADED),
    "agent/request/waiting": _live(4, 2, requestId=_REQUEST, reason="firstByte", waitedMs=5000, limitMs=600000),
    "agent/request/completed": _stored(
        11, requestId=_REQUEST, httpStatus=200, firstTokenMs=380, usage=_USAGE, finishReason="tool_calls"
    ),
    "agent/message/started": _stored(23, messageId=_MESSAGE),
    "agent/message/delta": _live(23, 9, messageId=_MESSAGE, delta="The test pass"),
    "agent/message/completed": _stored(24, messageId=_MESSAGE, text="The test passes now."),
    "agent/reasoning/started": _stored(5, messageId=_THOUGHT),
    "agent/reasoning/delta": _live(5, 1, messageId=_THOUGHT, delta="The cart's total is always"),
    "agent/reasoning/completed": _stored(6, messageId=_THOUGHT, text="The cart's total is always 0."),
    "agent/toolCall/started": _stored(7, callId=_CALL, providerCallId="call_0", index=0, name="read_file"),
    "agent/toolCall/delta": _live(
        7, 2, callId=_CALL, delta='{"path": "src/ca', fields=[{"path": ["path"], "append": "src/ca"}]
    ),
    "agent/toolCall/ready": _stored(
        8,
        callId=_CALL,
        name="read_file",
        arguments={"path": "src/cart.py", "start_line": 1, "end_line": None},
        title="Read src/cart.py",
        kind="read",
        locations=[{"uri": "file:///home/ana/shop/src/cart.py", "line": 1}],
    ),
    "agent/toolCall/status": _stored(9, callId=_CALL, status="running"),
    "agent/toolCall/output": _live(19, 1, callId="call_r4t6v8x0z2bd", stream="stdout", delta="1 passed in 0.03s\n"),
    "agent/toolResult": _stored(
        10,
        callId=_CALL,
        name="read_file",
        status="ok",
        content=[{"type": "text", "text": "1 | def total(items):\n2 |     return 0"}],
        range={"startLine": 1, "endLine": 2, "totalLines": 90},
        truncated={
            "shownBytes": 36,
            "totalBytes": 2210,
            "ref": "result:call_k2p8d6q0u5mf",
            "next": 'read_file {"path": "src/cart.py", "start_line": 3}',
        },
        source="disk",
        durationMs=3,
    ),
    "agent/approval/requested": _stored(
        14,
        approvalId="appr_m3o5q7s9u1wy",
        callId=_EDIT,
        title="Edit src/cart.py",
        subject={"path": "src/cart.py", "diff": _DIFF},
        decisions=["allow", "allowForTask", "deny"],
        expiresAt=1767226223800,
    ),
    "agent/approval/resolved": _stored(15, approvalId="appr_m3o5q7s9u1wy", decision="allow", by="user"),
    "agent/question/requested": _stored(
        12,
        questionId="ques_b2d4f6h8j0ln",
        question="How are half cents rounded?",
        options=["Round half up.", "Round half to even."],
    ),
    "agent/question/resolved": _stored(13, questionId="ques_b2d4f6h8j0ln", answer="Round half up."),
    "agent/edit/applied": _stored(
        16,
        callId=_EDIT,
        uri="file:///home/ana/shop/src/cart.py",
        path="src/cart.py",
        via="applyEdit",
        saved=False,
        verified=True,
    ),
    "agent/todo/updated": _stored(
        18,
        items=[
            {"text": "Fix total()", "state": "completed"},
            {"text": "Run the tests", "state": "inProgress"},
        ],
    ),
    "agent/notice": _stored(
        20,
        level="warning",
        code="dialect.adapted",
        message="The endpoint does not know stream_options; it is no longer sent.",
        advice="Token counts of this endpoint are estimates from now on.",
    ),
    "agent/provider/changed": {
        "providers": [
            {
                "id": "cloud",
                "name": "Cloud",
                "apiProvider": "openai-compatible",
                "baseUrl": "https://llm.example.org/v1",
                "modelId": "large-2",
                "headers": {"X-Gateway-Token": "[redacted]"},
                "streaming": True,
                "thinkTags": "off",
                "allowInsecureHttp": False,
                "timeouts": {"connectS": 10.0, "firstByteS": 600.0, "idleS": 120.0},
                "model": {"computerUse": False, "inputPrice": 0.6, "outputPrice": 2.4},
                "apiKeySet": True,
                "apiKeyHint": "…9f3c",
                "effective": {
                    "contextWindow": 200000,
                    "imageSupport": True,
                    "computerUse": False,
                    "inputPrice": 0.6,
                    "outputPrice": 2.4,
                    "sources": {
                        "contextWindow": "discovered",
                        "imageSupport": "discovered",
                        "computerUse": "default",
                        "inputPrice": "set",
                        "outputPrice": "set",
                    },
                },
            }
        ],
        "active": "cloud",
    },
    "agent/provider/checkStep": {
        "providerId": "local",
        "id": "toolCall",
        "status": "fail",
        "title": "Tool call",
        "detail": "Tool calling is not supported: tools param requires --jinja flag",
        "advice": "Restart llama-server with --jinja, with a model whose chat template knows tools.",
    },
}
