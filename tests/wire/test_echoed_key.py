"""A provider that knows the key writes it wherever an answer has room: it is shown, kept, run and sent nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, Gate, HttpError, Raw, Reply, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.peer import Json, Peer
from tests.support.secrets import files_in, leaks

KEY = "sk-canary/+0123456789&abcdef"
ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)
DONE = Text(text="Done.")


def chunk(delta: Json, finish: str | None = None, **more: object) -> bytes:
    whole = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


def answer(*deltas: Json, finish: str = "stop", **more: object) -> Raw:
    return Raw([*(chunk(delta) for delta in deltas), chunk({}, finish, **more), b"data: [DONE]\n\n"])


def call(name: str, arguments: object, call_id: str | None = None) -> Calls:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Calls([Call(name, text, call_id)], piece=3)


def said_of(message: str, **more: object) -> HttpError:
    return HttpError(400, {"error": {"message": message, **more}})


ECHOES: dict[str, Reply] = {
    "a tool's name": call(KEY, {"path": "a"}),
    "a call's id": call("read_file", {"path": "a"}, KEY),
    "an argument": call("read_file", {"path": f"a/{KEY}/b"}),
    "the name of an argument": call("read_file", {"path": "a", KEY: 1}),
    "an escaped argument": call("read_file", f'{{"path": "{ESCAPED}"}}'),
    "a command": call("execute_command", {"command": f"echo {KEY} > out.txt"}),
    "a file": call("write_to_file", {"path": "out.txt", "content": f"key = {KEY}\n"}),
    "a question": call("ask_followup_question", {"question": f"{KEY}?", "follow_up": [KEY]}),
    "broken arguments": call("read_file", f'{{"path": {KEY}'),
    "reasoning that is kept": answer(
        {"reasoning_details": [{"type": "reasoning.text", "text": KEY, "signature": KEY}]}, {"content": "Done."}
    ),
    "a signature of a call": answer(
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "c1",
                    "function": {"name": "read_file", "arguments": '{"path": "a"}'},
                    "extra_content": {"google": {"thought_signature": KEY}},
                }
            ]
        },
        finish="tool_calls",
    ),
    "the finish reason": answer({"content": "Done."}, finish=KEY),
    "names of its own": answer({"content": "Done."}, id=KEY, model=KEY, system_fingerprint=KEY, provider=KEY),
    "two pieces of an answer": answer({"reasoning_content": KEY[:9]}, {"reasoning_content": KEY[9:]}, {"content": "x"}),
    "the end of a cut message": said_of("x" * 480 + KEY),
    "the parameter that it refuses": said_of(
        f"Unsupported parameter: '{KEY}'", param=KEY, code="unsupported_parameter"
    ),
    "JSON in JSON": said_of(json.dumps({"error": {"message": json.dumps({"key": KEY})}})),
    "where it redirects to": HttpError(302, "", {"Location": f"http://localhost/{KEY}"}),
}


@pytest.mark.parametrize("place", ECHOES)
def test_an_echoed_key_goes_nowhere(place: str, env: dict[str, str], work: Path, tmp_path: Path) -> None:
    with EndpointThread(Script([ECHOES[place]], then=DONE), is_strict=False) as endpoint, Peer(env=env) as peer:
        peer.open(work, endpoint.provider, settings={"approval": {"mode": "full"}})
        peer.request("agent/provider/setKey", {"id": "p", "apiKey": KEY})
        task_id = peer.start()
        peer.rested()
        peer.request("agent/task/events", {"taskId": task_id})
        for form in ("markdown", "json"):
            assert "result" in peer.request("agent/task/export", {"taskId": task_id, "format": form})
        peer.request("shutdown")
        peer.notify("exit")
        assert peer.wait() == 0
        places = {"frames": json.dumps(peer.frames, ensure_ascii=False).encode(), "stderr": peer.stderr.encode()}
        places |= {f"request {number}": request.raw for number, request in enumerate(endpoint.requests)}
    assert leaks(KEY, places | files_in(tmp_path)) == []
    assert KEY[:12] not in str(peer.frames)


def test_a_call_with_the_key_in_it_is_not_run_and_the_model_is_told(env: dict[str, str], work: Path) -> None:
    steps: list[Reply] = [call("execute_command", {"command": f"touch made; echo {KEY}"})]
    with EndpointThread(Script(steps, then=DONE)) as endpoint, Peer(env=env) as peer:
        peer.open(work, endpoint.provider, settings={"approval": {"mode": "full"}})
        peer.request("agent/provider/setKey", {"id": "p", "apiKey": KEY})
        peer.start()
        assert peer.rested()["status"] == "completed"
        asked, told = json.loads(endpoint.requests[1].raw)["messages"][-2:]
    assert asked["tool_calls"][0]["function"]["arguments"] == "{}"
    assert told["content"].startswith("Not run: the arguments of execute_command hold a key or password")
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("spelling", [KEY, ESCAPED])
def test_a_replay_of_open_arguments_does_not_show_the_key(env: dict[str, str], work: Path, spelling: str) -> None:
    gate = Gate()
    arguments = f'{{"path": "{spelling}", "more": "more and more and more"}}'
    held = Calls([Call("read_file", arguments)], piece=3, gates={(len(spelling) + 24) // 3: gate})
    with EndpointThread(Script([held], then=DONE)) as endpoint, Peer(env=env) as peer:
        peer.open(work, endpoint.provider)
        peer.request("agent/provider/setKey", {"id": "p", "apiKey": KEY})
        task_id = peer.start()
        endpoint.wait_reached(gate)
        peer.wait_for(lambda m: m.get("method") == "agent/toolCall/delta" and "[redacted]" in str(m["params"]))
        replayed = peer.request("agent/task/events", {"taskId": task_id})["result"]["events"]
        endpoint.open(gate)
        peer.rested()
    assert replayed[-1]["params"]["fields"][:1] == [{"path": ["path"], "append": "[redacted]"}]
    assert KEY not in json.dumps(replayed)
