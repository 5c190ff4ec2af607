"""One example of every request: its params and its result. One story, so that ids recur.

Data only, shown in protocol.md and validated by the tests. Invariant: what a model would fill in by default
is written out in results and left out in params.
"""

from collections.abc import Mapping

_USAGE = {"inputTokens": 5210, "cachedTokens": 4096, "outputTokens": 318}
_PROVIDER = {
    "id": "local",
    "name": "Local",
    "baseUrl": "http://localhost:11434/v1",
    "modelId": "qwen3-coder:30b",
    "model": {"contextWindow": 65536},
}
_VIEW = {
    "id": "local",
    "name": "Local",
    "apiProvider": "openai-compatible",
    "baseUrl": "http://localhost:11434/v1",
    "modelId": "qwen3-coder:30b",
    "streaming": True,
    "thinkTags": "off",
    "allowInsecureHttp": False,
    "timeouts": {"connectS": 10.0, "firstByteS": 600.0, "idleS": 120.0},
    "model": {"contextWindow": 65536, "computerUse": False},
    "apiKeySet": False,
    "effective": {
        "contextWindow": 65536,
        "imageSupport": False,
        "computerUse": False,
        "sources": {"contextWindow": "set", "imageSupport": "default", "computerUse": "default"},
    },
}
_SETTINGS = {
    "settings": {
        "approval": {
            "mode": "acceptEdits",
            "allowCommands": ["git status", "pytest"],
            "denyCommands": [],
            "timeoutS": 600.0,
        },
        "retry": {"maxAttempts": 4, "maxWaitS": 120.0},
        "limits": {"requestsPerTurn": 100, "repeatedCalls": 3, "malformedCalls": 3},
        "read": {"maxLines": 2000, "maxLineLength": 2000},
        "command": {"timeoutS": 120.0, "outputBytes": 30000, "sandbox": "auto", "network": False},
        "context": {"condenseAt": 0.85},
        "tools": {"disabled": []},
    },
    "environment": {
        "sandbox": {"available": False, "detail": "not on this system"},
        "ripgrep": {"available": True, "detail": "rg 14.1.0"},
        "extras": {},
    },
}
_SUMMARY = {
    "taskId": "task_7f3k2m9q4x1c",
    "title": "Make the failing test pass",
    "status": "idle",
    "workspace": "file:///home/ana/shop",
    "createdMs": 1767225600000,
    "updatedMs": 1767225642000,
    "lastSeq": 24,
    "usage": _USAGE,
    "cost": 0.0042,
}

REQUEST_EXAMPLES: Mapping[str, tuple[object, object]] = {
    "agent/provider/list": ({}, {"providers": [_VIEW], "active": "local"}),
    "agent/provider/set": ({"provider": _PROVIDER}, {"provider": _VIEW, "warnings": []}),
    "agent/provider/setKey": ({"id": "local", "apiKey": "not-a-real-key"}, {"apiKeySet": True}),
    "agent/provider/remove": ({"id": "cloud"}, {"active": "local"}),
    "agent/provider/select": ({"id": "local"}, {"active": "local"}),
    "agent/provider/models": (
        {"id": "local"},
        {
            "models": [
                {"id": "qwen3-coder:30b", "contextWindow": 65536, "imageSupport": False, "toolSupport": True},
                {"id": "nomic-embed-text:latest"},
            ],
            "source": "/v1/models and /api/ps",
        },
    ),
    "agent/provider/check": (
        {"id": "local", "level": "model"},
        {
            "ok": True,
            "checks": [
                {
                    "id": "reach",
                    "status": "ok",
                    "title": "Connection",
                    "detail": "The server answers; it lists 3 models.",
                },
                {
                    "id": "key",
                    "status": "ok",
                    "title": "API key",
                    "detail": "No key is set, and the server needs none.",
                },
                {"id": "model", "status": "ok", "title": "Model", "detail": "In the list of models, and it answers."},
                {
                    "id": "streaming",
                    "status": "warn",
                    "title": "Streaming",
                    "detail": "The streamed request was answered by one JSON document.",
                    "advice": "It works, but you see each answer only when it is whole.",
                },
            ],
            "dialect": {
                "origin": "http://localhost:11434",
                "modelId": "qwen3-coder:30b",
                "server": "Ollama",
                "differences": ["empty contents are sent as an empty string"],
                "learned": [{"id": "stream_options", "note": "stream_options is no longer sent"}],
            },
            "usage": {"inputTokens": 31, "outputTokens": 12},
            "requests": 2,
        },
    ),
    "agent/settings/get": ({}, _SETTINGS),
    "agent/settings/set": (
        {"settings": {"approval": {"mode": "acceptEdits", "allowCommands": ["git status", "pytest"]}}},
        _SETTINGS,
    ),
    "agent/task/start": (
        {
            "prompt": [
                {"type": "text", "text": "Make the failing test pass"},
                {"type": "file", "uri": "file:///home/ana/shop/tests/test_cart.py"},
            ],
            "workspace": "file:///home/ana/shop",
        },
        {"taskId": "task_7f3k2m9q4x1c", "turnId": "turn_b8r5w0y6t2hd"},
    ),
    "agent/task/list": ({"limit": 20}, {"data": [_SUMMARY], "nextCursor": "1767225642000"}),
    "agent/task/get": (
        {"taskId": "task_7f3k2m9q4x1c"},
        {
            **_SUMMARY,
            "turns": [
                {
                    "turnId": "turn_b8r5w0y6t2hd",
                    "promptId": "prompt_e4n7s1v9j3za",
                    "providerId": "local",
                    "modelId": "qwen3-coder:30b",
                    "status": "completed",
                    "usage": _USAGE,
                    "cost": 0.0042,
                    "durationMs": 41800,
                    "changedFiles": [
                        {
                            "uri": "file:///home/ana/shop/src/cart.py",
                            "path": "src/cart.py",
                            "change": "modified",
                        }
                    ],
                    "items": [
                        {
                            "type": "prompt",
                            "promptId": "prompt_e4n7s1v9j3za",
                            "content": [{"type": "text", "text": "Make the failing test pass"}],
                            "source": "start",
                        },
                        {
                            "type": "toolCall",
                            "callId": "call_k2p8d6q0u5mf",
                            "providerCallId": "call_0",
                            "index": 0,
                            "name": "read_file",
                            "status": "completed",
                            "arguments": {"path": "src/cart.py", "start_line": 1, "end_line": 2},
                            "title": "Read src/cart.py",
                            "kind": "read",
                            "locations": [{"uri": "file:///home/ana/shop/src/cart.py", "line": 1}],
                            "result": {
                                "callId": "call_k2p8d6q0u5mf",
                                "name": "read_file",
                                "status": "ok",
                                "content": [{"type": "text", "text": "1 | def total(items):\n2 |     return 0"}],
                                "range": {"startLine": 1, "endLine": 2, "totalLines": 2},
                                "source": "disk",
                                "durationMs": 3,
                            },
                        },
                        {
                            "type": "message",
                            "messageId": "msg_a1c3e5g7i9km",
                            "text": "The test passes now.",
                            "completed": True,
                        },
                    ],
                }
            ],
            "queue": [],
            "approvals": [],
            "questions": [],
            "todo": [{"text": "Fix total()", "state": "completed"}],
        },
    ),
    "agent/task/delete": ({"taskId": "task_7f3k2m9q4x1c"}, {}),
    "agent/task/export": (
        {"taskId": "task_7f3k2m9q4x1c", "format": "markdown"},
        {"uri": "file:///home/ana/.local/share/agentls/exports/task_7f3k2m9q4x1c.md"},
    ),
    "agent/task/events": (
        {"taskId": "task_7f3k2m9q4x1c", "sinceSeq": 22, "limit": 100},
        {
            "events": [
                {
                    "method": "agent/message/started",
                    "params": {
                        "taskId": "task_7f3k2m9q4x1c",
                        "turnId": "turn_b8r5w0y6t2hd",
                        "seq": 23,
                        "time": 1767225641000,
                        "replay": True,
                        "messageId": "msg_a1c3e5g7i9km",
                    },
                },
                {
                    "method": "agent/message/delta",
                    "params": {
                        "taskId": "task_7f3k2m9q4x1c",
                        "turnId": "turn_b8r5w0y6t2hd",
                        "seq": 23,
                        "part": 9,
                        "time": 1767225641500,
                        "replay": True,
                        "messageId": "msg_a1c3e5g7i9km",
                        "delta": "The test pass",
                    },
                },
            ],
            "lastSeq": 23,
            "more": False,
        },
    ),
    "agent/turn/start": (
        {
            "taskId": "task_7f3k2m9q4x1c",
            "prompt": [
                {"type": "text", "text": "Now make the cart look like this."},
                {"type": "image", "uri": "file:///home/ana/shop/design/cart.png", "mimeType": "image/png"},
            ],
        },
        {"turnId": "turn_d9f1h3j5l7np"},
    ),
    "agent/turn/steer": (
        {
            "taskId": "task_7f3k2m9q4x1c",
            "prompt": "Leave the public API as it is.",
            "clientMessageId": "panel-17",
        },
        {"disposition": "injected", "turnId": "turn_d9f1h3j5l7np", "promptId": "prompt_q2s4u6w8y0bd"},
    ),
    "agent/turn/interrupt": ({"taskId": "task_7f3k2m9q4x1c"}, {}),
    "agent/queue/list": (
        {"taskId": "task_7f3k2m9q4x1c"},
        {
            "prompts": [
                {
                    "promptId": "prompt_f1h2j3k4l5mn",
                    "content": [
                        {"type": "text", "text": "Then use this logo."},
                        {
                            "type": "image",
                            "ref": "image:c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a",
                            "mimeType": "image/png",
                        },
                    ],
                    "clientMessageId": "panel-18",
                }
            ]
        },
    ),
    "agent/queue/update": (
        {"promptId": "prompt_f1h2j3k4l5mn", "prompt": "Then update CHANGELOG.md, one line."},
        {},
    ),
    "agent/queue/remove": ({"promptId": "prompt_f1h2j3k4l5mn"}, {}),
    "agent/content/read": (
        {"taskId": "task_7f3k2m9q4x1c", "ref": "result:call_r4t6v8x0z2bd", "offset": 32768, "limit": 16384},
        {"text": "…the next part of the output…", "totalBytes": 90112},
    ),
    "agent/approval/respond": (
        {"approvalId": "appr_m3o5q7s9u1wy", "decision": "deny", "comment": "Use the existing helper instead."},
        {"accepted": True},
    ),
    "agent/question/respond": (
        {"questionId": "ques_b2d4f6h8j0ln", "answer": "Round half up."},
        {"accepted": True},
    ),
    "agent/tools/list": (
        {},
        {
            "tools": [
                {
                    "name": "read_file",
                    "kind": "read",
                    "description": "Read a text file of the workspace with line numbers.",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string"},
                            "start_line": {"type": "integer", "nullable": True},
                            "end_line": {"type": "integer", "nullable": True},
                        },
                        "required": ["path"],
                    },
                    "approval": "none",
                    "source": "builtin",
                    "enabled": True,
                }
            ]
        },
    ),
    "agent/workspace/setTrust": ({"trusted": True}, {"trusted": True}),
}
