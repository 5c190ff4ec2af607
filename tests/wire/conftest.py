"""One server for rows that leave it as it was, one of its own for rows that end or change it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.peer import Peer


@pytest.fixture
def fresh() -> Iterator[Peer]:
    """A server that has received nothing yet."""
    with Peer() as peer:
        yield peer


@pytest.fixture
def peer(fresh: Peer) -> Peer:
    """A server of its own, initialized, with events."""
    fresh.initialize()
    return fresh


@pytest.fixture(scope="module")
def _shared_server() -> Iterator[Peer]:
    with Peer() as server:
        server.initialize()
        yield server


@pytest.fixture
def shared(_shared_server: Peer) -> Iterator[Peer]:
    """An initialized server that other tests of the module use too: it must be alive before and after."""
    assert _shared_server.is_alive()
    yield _shared_server
    assert _shared_server.is_alive()
    assert "Traceback" not in _shared_server.stderr
