"""`agent.check` of a plain editor: answered at once, told by progress and one message; and the check's cancel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Gate
from tests.support.check_endpoint import MODEL, Faults, served
from tests.support.endpoint_thread import EndpointThread
from tests.support.frame_check import check_notification
from tests.support.peer import Json, Peer

PROGRESS = {"window": {"workDoneProgress": True}}


@pytest.fixture
def endpoint(faults: Faults) -> Iterator[EndpointThread]:
    with EndpointThread(**served(faults)) as endpoint:
        yield endpoint


@pytest.fixture
def faults() -> Faults:
    return Faults(key=None)


def opened(env: dict[str, str], endpoint: EndpointThread, *, events: bool, capabilities: Json) -> Peer:
    peer = Peer(env={**env, "AGENTLS_BASE_URL": endpoint.base_url, "AGENTLS_MODEL": MODEL})
    peer.initialize(events=events, capabilities=capabilities)
    return peer


def command(peer: Peer, *arguments: Any) -> Json:
    return peer.request("workspace/executeCommand", {"command": "agent.check", "arguments": list(arguments)})


def take_progress(peer: Peer) -> tuple[str, list[Json]]:
    """Let the server show progress; its token, and what it showed until the end."""
    asked = peer.wait_for(lambda message: message.get("method") == "window/workDoneProgress/create")
    peer.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    shown: list[Json] = []
    while not shown or shown[-1]["kind"] != "end":
        params = peer.event("$/progress")
        assert params["token"] == asked["params"]["token"]
        shown.append(params["value"])
    return asked["params"]["token"], shown


def test_a_plain_editor_sees_progress_and_one_message(env: dict[str, str], endpoint: EndpointThread) -> None:
    with opened(env, endpoint, events=False, capabilities=PROGRESS) as peer:
        assert command(peer)["result"] is None
        _, shown = take_progress(peer)
        message = peer.event("window/showMessage")
        assert [frame for frame in peer.frames if str(frame.get("method")).startswith("agent/")] == []
    assert (shown[0]["kind"], shown[0]["title"], shown[0]["cancellable"]) == ("begin", "Checking Default", True)
    assert shown[-1] == {"kind": "end", "message": "works"}
    assert {value["kind"] for value in shown[1:-1]} <= {"report"}
    assert message == {"type": 3, "message": "Default works: all 10 steps that were tried are fine."}


@pytest.mark.parametrize("faults", [Faults(key=None, tools="refused")])
def test_what_failed_and_what_to_do_is_the_message(env: dict[str, str], endpoint: EndpointThread) -> None:
    with opened(env, endpoint, events=False, capabilities={}) as peer:
        assert command(peer, {"level": "tools"})["result"] is None
        message = peer.event("window/showMessage")
        assert [frame for frame in peer.frames if frame.get("method") == "$/progress"] == []
    assert message["type"] == 1
    assert message["message"].startswith("Default does not work.\nTool call: Tool calling is not supported")
    assert "Restart vLLM" in message["message"]


@pytest.mark.parametrize("faults", [Faults(key=None, arguments="whole")])
def test_a_loss_is_a_warning(env: dict[str, str], endpoint: EndpointThread) -> None:
    with opened(env, endpoint, events=True, capabilities={}) as peer:
        assert command(peer, "default")["result"] is None
        message = peer.event("window/showMessage")
        steps = [frame["params"] for frame in peer.frames if frame.get("method") == "agent/provider/checkStep"]
    assert message["type"] == 2
    assert message["message"].startswith("Default works, with a loss.\nStreamed arguments: ")
    assert len(steps) == 11
    for step in steps:
        check_notification("agent/provider/checkStep", step)


def test_what_is_wrong_with_the_command_is_its_answer(env: dict[str, str], endpoint: EndpointThread) -> None:
    with opened(env, endpoint, events=True, capabilities={}) as peer:
        unknown = command(peer, "nobody")["error"]
        level = command(peer, {"level": "all"})["error"]
        kind = command(peer, 5)["error"]
    assert (unknown["code"], unknown["data"]["code"]) == (-32803, "provider.unknown")
    assert (level["code"], level["data"]["path"]) == (-32602, "arguments[0].level")
    assert (kind["code"], kind["data"]["path"]) == (-32602, "arguments[0]")


def gated() -> tuple[Gate, Faults]:
    gate = Gate()
    return gate, Faults(key=None, gate=gate)


def test_cancelling_its_progress_ends_it_and_closes_the_connection(env: dict[str, str]) -> None:
    gate, faults = gated()
    with (
        EndpointThread(**served(faults)) as endpoint,
        opened(env, endpoint, events=False, capabilities=PROGRESS) as peer,
    ):
        command(peer)
        asked = peer.wait_for(lambda message: message.get("method") == "window/workDoneProgress/create")
        peer.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
        endpoint.wait_reached(gate)
        peer.notify("window/workDoneProgress/cancel", {"token": asked["params"]["token"]})
        last = peer.wait_for(lambda m: m.get("method") == "$/progress" and m["params"]["value"]["kind"] == "end")
        assert last["params"]["value"]["message"] == "cancelled"
        assert endpoint.wait_ended(1) is True


def test_a_cancelled_request_ends_it_and_closes_the_connection(env: dict[str, str]) -> None:
    gate, faults = gated()
    with EndpointThread(**served(faults)) as endpoint, opened(env, endpoint, events=True, capabilities={}) as peer:
        number = peer.begin("agent/provider/check", {})
        endpoint.wait_reached(gate)
        peer.notify("$/cancelRequest", {"id": number})
        assert peer.answer(number)["error"]["code"] == -32800
        assert endpoint.wait_ended(1) is True
        assert peer.is_alive()


def test_leaving_ends_a_check_that_runs(env: dict[str, str], tmp_path: Path) -> None:
    gate, faults = gated()
    with EndpointThread(**served(faults)) as endpoint, opened(env, endpoint, events=True, capabilities={}) as peer:
        command(peer)
        endpoint.wait_reached(gate)
        assert peer.request("shutdown")["result"] is None
        peer.notify("exit")
        assert peer.wait() == 0
        assert endpoint.wait_ended(1) is True
        assert "Traceback" not in peer.stderr
