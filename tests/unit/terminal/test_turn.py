"""One turn against a child that speaks the protocol: what is sent, what is shown, how it ends."""

import io
import json
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentls.terminal.approvals import Decision, Nobody
from agentls.terminal.client import Client, ServerGone
from agentls.terminal.face import Face
from agentls.terminal.json_lines import JsonLines
from agentls.terminal.messages import ApprovalRequested, QuestionRequested, Shown
from agentls.terminal.timeline import DELTAS, PlainTimeline
from agentls.terminal.turn import Order, ServerCommand, TurnFailed, run_turn
from agentls.world.spawn import server_environment, start_server
from tests.support import fake_server

PROVIDER = {"id": "default", "name": "x", "baseUrl": "http://127.0.0.1:9/v1", "modelId": "m"}


def told_to(log: Path) -> Any:
    """What the server wrote down when it left; None when it was killed."""
    return json.loads(log.read_text()) if log.exists() else None


class Says:
    """Answers every approval the same way, and remembers what was asked."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.asked: list[str] = []

    async def decide(self, request: ApprovalRequested) -> Decision:
        self.asked.append(request.title)
        return self.decision

    async def answer(self, question: QuestionRequested) -> str:
        return "yes"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "heard.json"


def order(tmp_path: Path, key: str | None = None) -> Order:
    return Order("hi", tmp_path, PROVIDER, {"approval": {"mode": "ask"}}, key)


def server(scenario: str, log: Path, environment: Mapping[str, str] | None = None) -> ServerCommand:
    argv = [sys.executable, str(Path(fake_server.__file__)), scenario, str(log)]
    return ServerCommand(argv, environment if environment is not None else {})


def shown(face_of: Callable[[PlainTimeline], Face]) -> tuple[Face, io.StringIO]:
    stream = io.StringIO()
    return face_of(PlainTimeline(stream)), stream


async def test_an_allowed_call_is_shown_from_the_prompt_to_the_total(tmp_path: Path, log: Path) -> None:
    asker = Says(Decision("allow"))
    face, stream = shown(lambda timeline: Face(timeline, None, asker))
    code = await run_turn(order(tmp_path), server("approval", log), face)
    assert code == 0
    assert asker.asked == ["Edit a.txt"]
    assert stream.getvalue() == (
        "› hi\n"
        "\n"
        "● Edit a.txt\n"
        '  edit_file path="a.txt" old_string="old" new_string="new"\n'
        "  ? Edit a.txt\n"
        "    a.txt\n"
        "    @@ -1 +1 @@\n"
        "    -old\n"
        "    +new\n"
        "  → allowed (by user)\n"
        "  ✓ ok · +1 −1 · 3 ms\n"
        "\n"
        "All done.\n"
        "\n"
        "completed · 1 request · 1,200 tokens in (1,000 cached), 34 out · $0.0012 · 4.2 s\n"
    )


async def test_the_key_goes_by_set_key_and_by_nothing_else(tmp_path: Path, log: Path) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Says(Decision("deny", "no"))))
    environment = {"AGENTLS_API_KEY": "sk-secret", "OTHER": "x"}
    kept = server_environment(environment, ["AGENTLS_API_KEY"])
    await run_turn(order(tmp_path, key="sk-secret"), server("approval", log, kept), face)
    told = told_to(log)
    assert "AGENTLS_API_KEY" not in told["environment"]
    assert "OTHER" in told["environment"]
    assert [message["method"] for message in told["heard"] if "sk-secret" in json.dumps(message)] == [
        "agent/provider/setKey"
    ]
    assert "sk-secret" not in json.dumps(told["argv"])


async def test_the_requests_come_in_the_order_of_the_protocol(tmp_path: Path, log: Path) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Says(Decision("deny", "not now"))))
    await run_turn(order(tmp_path, key="k"), server("approval", log), face)
    heard = told_to(log)["heard"]
    assert [message["method"] for message in heard] == [
        "initialize",
        "initialized",
        "agent/provider/set",
        "agent/provider/setKey",
        "agent/settings/set",
        "agent/task/start",
        "agent/approval/respond",
        "shutdown",
        "exit",
    ]
    agent = heard[0]["params"]["initializationOptions"]["agent"]
    assert agent == {"protocolVersion": 1, "workspaceTrusted": True, "events": {"optOut": list(DELTAS)}}
    assert heard[5]["params"] == {"prompt": "hi", "workspace": tmp_path.as_uri()}
    assert heard[6]["params"] == {"approvalId": "appr_1", "decision": "deny", "comment": "not now"}


async def test_without_a_terminal_an_approval_is_denied_and_both_sides_are_told(tmp_path: Path, log: Path) -> None:
    face, stream = shown(lambda timeline: Face(timeline, None, Nobody(timeline)))
    assert await run_turn(order(tmp_path), server("approval", log), face) == 0
    assert "no terminal to ask in: denied" in stream.getvalue()
    respond = told_to(log)["heard"][-3]
    assert respond["params"]["comment"] == "Nobody can be asked: the agent runs without a terminal."


async def test_json_lines_are_the_notifications_as_received_and_nothing_else(tmp_path: Path, log: Path) -> None:
    stream = io.BytesIO()
    face = Face(None, JsonLines(stream), Says(Decision("allow")))
    assert await run_turn(order(tmp_path), server("approval", log), face) == 0
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["params"]["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(list(line) == ["method", "params"] for line in lines)
    assert lines[0]["method"] == "agent/prompt"
    assert lines[-1]["method"] == "agent/turn/completed"
    agent = told_to(log)["heard"][0]["params"]["initializationOptions"]["agent"]
    assert "events" not in agent


async def test_a_failed_turn_says_why_and_what_to_do(tmp_path: Path, log: Path) -> None:
    face, stream = shown(lambda timeline: Face(timeline, None, Nobody(timeline)))
    assert await run_turn(order(tmp_path), server("fail", log), face) == 1
    assert "✗ The key was refused (auth)\n  401\n  Check the key.\nfailed · " in stream.getvalue()


async def test_a_refused_provider_names_the_field(tmp_path: Path, log: Path) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Nobody(timeline)))
    with pytest.raises(TurnFailed, match="not an http or https URL") as caught:
        await run_turn(order(tmp_path), server("refuse", log), face)
    assert caught.value.path == "provider.baseUrl"


async def test_a_fault_of_the_server_is_told_with_the_end_of_its_log(tmp_path: Path, log: Path) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Nobody(None)))
    with pytest.raises(TurnFailed, match="internal error") as caught:
        await run_turn(order(tmp_path), server("internal", log), face)
    assert caught.value.advice == "  ZeroDivisionError: \\x1b[2Jof all things"


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("die", "the server ended unexpectedly; its last words:\n  the fake server falls over"),
        ("garbage", "something that is not a frame"),
        ("unreadable", "agent/turn/completed: Invalid enum value"),
    ],
)
async def test_a_broken_server_is_an_error_and_not_a_wait(tmp_path: Path, log: Path, scenario: str, words: str) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Nobody(timeline)))
    with pytest.raises(TurnFailed) as caught:
        await run_turn(order(tmp_path), server(scenario, log), face)
    assert words in str(caught.value)


async def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    face, _ = shown(lambda timeline: Face(timeline, None, Nobody(timeline)))
    with pytest.raises(TurnFailed, match="could not be started"):
        await run_turn(order(tmp_path), ServerCommand([str(tmp_path / "nothing")], {}), face)


async def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path, log: Path) -> None:
    command = server("mute", log)
    pipes = await start_server(command.argv, environment=command.environment)
    client = Client(pipes, lambda method, params: None, answer_timeout_s=0.05)
    with pytest.raises(ServerGone, match=r"did not answer initialize in 0\.05 s"):
        await client.initialize(tmp_path)
    client.kill()
    await client.close()


class PressesCtrlC(PlainTimeline):
    """A timeline whose reader presses Ctrl-C when the first request goes out, so many times."""

    def __init__(self, stream: io.StringIO, times: int) -> None:
        super().__init__(stream)
        self.times = times

    def show(self, message: Shown) -> None:
        super().show(message)
        if type(message).__name__ == "RequestStarted":
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


async def test_ctrl_c_interrupts_the_turn(tmp_path: Path, log: Path) -> None:
    stream = io.StringIO()
    timeline = PressesCtrlC(stream, 1)
    assert await run_turn(order(tmp_path), server("endless", log), Face(timeline, None, Nobody(timeline))) == 130
    assert stream.getvalue().endswith("in (1,000 cached), 34 out · $0.0012 · 4.2 s\n")
    assert "agent/turn/interrupt" in str(told_to(log))


async def test_a_second_ctrl_c_ends_a_server_that_does_not_listen(tmp_path: Path, log: Path) -> None:
    timeline = PressesCtrlC(io.StringIO(), 2)
    assert await run_turn(order(tmp_path), server("deaf", log), Face(timeline, None, Nobody(timeline))) == 130
    assert told_to(log) is None
