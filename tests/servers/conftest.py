"""The real servers, started for the tests and stopped after them.

A server that is not installed skips its tests with the reason; where CI is set that is a failure, but for a machine
that cannot run it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.peer import Json, Peer
from tests.support.servers import llama_install, mock_install
from tests.support.servers.llama_server import LlamaServer
from tests.support.servers.mock_server import MockServer
from tests.support.servers.place import State
from tests.support.servers.process import ServerProcess

StartMock = Callable[..., MockServer]


def need(state: State) -> None:
    """Go on only with the server."""
    if state.missing is None:
        return
    reason = f"{state.name}: {state.missing}"
    if state.is_tolerated:
        pytest.skip(reason)
    pytest.fail(reason)


@pytest.fixture(scope="session")
def llama() -> Iterator[LlamaServer]:
    """llama.cpp's server with the tiny model; one for all tests."""
    need(llama_install.PLACE.state())
    with LlamaServer() as server:
        yield server


@pytest.fixture
def start_llama() -> Iterator[Callable[..., LlamaServer]]:
    """Starts another one, which the test may end."""
    need(llama_install.PLACE.state())
    started: list[LlamaServer] = []

    def start(**options: Any) -> LlamaServer:
        started.append(LlamaServer(**options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def start_mock(tmp_path: Path) -> Iterator[StartMock]:
    """Starts an aimock with these rules."""
    need(mock_install.PLACE.state())
    started: list[MockServer] = []

    def start(rules: Sequence[Json], **options: Any) -> MockServer:
        started.append(MockServer(tmp_path, rules, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with two files."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha\n")
    (folder / "b.txt").write_text("beta\n")
    return folder


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """Our server."""
    with Peer(env={"AGENTLS_DATA_DIR": str(tmp_path / "data")}) as peer:
        yield peer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what the servers it used had written."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for value in item.funcargs.values():
            if isinstance(value, ServerProcess):
                report.sections.append((f"{value.name}'s output", value.tail()))
            if isinstance(value, Peer):
                report.sections.append(("agentls' stderr", value.stderr))
    return report
