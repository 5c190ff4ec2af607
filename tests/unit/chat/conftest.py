"""The tests on recorded streams: left out with a word where the recordings are absent, a failure on CI."""

import pytest

from tests.unit.chat.recordings import find_recordings


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if find_recordings() is None:
        terminalreporter.write_line("recorded streams: not found, their tests are left out (set AGENTLS_STREAMS)")
