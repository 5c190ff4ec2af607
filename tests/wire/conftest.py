"""One server for rows that leave it as it was, one of its own for rows that end or change it.

All are the real program but the `bare` ones, whose engine is a fake: for what a real one does not do on demand
(a request that never answers, a flood of a given size, a thread that will not end).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.peer import BARE_SERVER, Peer


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace folder."""
    folder = (tmp_path / "work").resolve()
    folder.mkdir()
    return folder


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a server that keeps its data to this test."""
    return {"AGENTLS_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def fresh(env: dict[str, str]) -> Iterator[Peer]:
    """A server that has received nothing yet."""
    with Peer(env=env) as peer:
        yield peer


@pytest.fixture
def peer(fresh: Peer) -> Peer:
    """A server of its own, initialized, with events."""
    fresh.initialize()
    return fresh


@pytest.fixture(scope="module")
def _shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with Peer(env={"AGENTLS_DATA_DIR": str(tmp_path_factory.mktemp("data"))}) as server:
        server.initialize()
        yield server


@pytest.fixture
def shared(_shared_server: Peer) -> Iterator[Peer]:
    """An initialized server that other tests of the module use too: it must be alive before and after."""
    assert _shared_server.is_alive()
    yield _shared_server
    assert _shared_server.is_alive()
    assert "Traceback" not in _shared_server.stderr


@pytest.fixture
def bare_fresh() -> Iterator[Peer]:
    """A server with the fake engine that has received nothing yet."""
    with Peer(BARE_SERVER) as peer:
        yield peer


@pytest.fixture
def bare(bare_fresh: Peer) -> Peer:
    """A server with the fake engine, initialized."""
    bare_fresh.initialize()
    return bare_fresh


@pytest.fixture(scope="module")
def _shared_bare() -> Iterator[Peer]:
    with Peer(BARE_SERVER) as server:
        server.initialize()
        yield server


@pytest.fixture
def shared_bare(_shared_bare: Peer) -> Iterator[Peer]:
    """A server with the fake engine that other tests of the module use too."""
    assert _shared_bare.is_alive()
    yield _shared_bare
    assert _shared_bare.is_alive()
    assert "Traceback" not in _shared_bare.stderr
