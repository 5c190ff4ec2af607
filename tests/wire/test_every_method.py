"""Every method of the registry against the real server: params that are valid, nearly so, and anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentls.protocol.registry import REQUESTS
from agentls.world.scripted import Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.frame_check import check_result
from tests.support.params import ANY_JSON, valid, with_one_fault
from tests.support.peer import Json, Peer

INVALID_PARAMS, INTERNAL = -32602, -32603
FEW = settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ODD = st.sampled_from(
    [None, True, 0, -1, 2**63, 2**64, 2**80, 1e308, "", "\ud800", "a\0b", "x" * 100_000, [], {}, [[]]]
)


@pytest.fixture(scope="module")
def _session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("session")
    work = (folder / "work").resolve()
    work.mkdir()
    env = {"AGENTLS_DATA_DIR": str(folder / "data")}
    with EndpointThread(Script(then=Text(text="Done."))) as endpoint, Peer(env=env) as peer:
        peer.open(work, endpoint.provider)
        yield peer


@pytest.fixture
def session(_session: Peer) -> Iterator[Peer]:
    """A server with a workspace and a provider that answers; alive before and after."""
    assert _session.is_alive()
    yield _session
    assert _session.is_alive()
    assert "Traceback" not in _session.stderr
    assert "failed: " not in _session.stderr


def _of_a_task(params: st.SearchStrategy[Json], peer: Peer) -> st.SearchStrategy[Json]:
    """The same params, now and then of a task that is there."""
    started = peer.request("agent/task/start", {"prompt": "Go"})
    if "result" not in started:
        return params
    task_id = started["result"]["taskId"]
    return params | params.map(lambda given: {**given, "taskId": task_id} if "taskId" in given else given)


def _ask(peer: Peer, method: str, params: Any) -> int | None:
    """The code of the error; None for a result, which must be one of the method."""
    answer: Json = peer.request(method, params)
    if "result" in answer:
        check_result(method, answer["result"])
        return None
    code = answer["error"]["code"]
    assert ("path" in answer["error"]["data"]) == (code == INVALID_PARAMS)
    return int(code)


@pytest.mark.parametrize("method", REQUESTS)
def test_valid_params_are_understood(session: Peer, method: str) -> None:
    """Never -32602, never -32603."""

    @FEW
    @given(_of_a_task(valid(REQUESTS[method].params), session))
    def check(params: Json) -> None:
        assert _ask(session, method, params) not in (INVALID_PARAMS, INTERNAL)

    check()


@pytest.mark.parametrize("method", [name for name, row in REQUESTS.items() if row.params.model_fields])
def test_one_fault_is_named(session: Peer, method: str) -> None:
    """Always -32602 with its path."""

    @FEW
    @given(with_one_fault(REQUESTS[method].params))
    def check(params: Json) -> None:
        assert _ask(session, method, params) == INVALID_PARAMS

    check()


@pytest.mark.parametrize("method", REQUESTS)
def test_anything_at_all_gets_a_typed_answer(session: Peer, method: str) -> None:
    """Never -32603: any JSON as params, and odd values in the method's own fields."""
    model = REQUESTS[method].params
    aliases = [field.alias or name for name, field in model.model_fields.items()]
    odd = st.fixed_dictionaries(dict.fromkeys(aliases, ODD | ANY_JSON))
    nearly = st.tuples(valid(model), st.sampled_from(aliases or ["x"]), ODD).map(lambda t: {**t[0], t[1]: t[2]})

    @FEW
    @given(ANY_JSON | odd | _of_a_task(nearly, session))
    def check(params: Any) -> None:
        assert _ask(session, method, params) != INTERNAL

    check()


@pytest.mark.parametrize("method", [name for name in REQUESTS if name != "agent/provider/setKey"])
def test_every_method_is_a_command_of_its_own_name(session: Peer, method: str) -> None:
    """Contract: params as the first argument; what is wrong with them is named there."""
    answer = session.request("workspace/executeCommand", {"command": method, "arguments": [5]})
    assert (answer["error"]["code"], answer["error"]["data"]) == (INVALID_PARAMS, {"path": "arguments[0]"})
