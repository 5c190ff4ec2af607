"""The real server, except that it is killed (SIGKILL) just before the journal's N-th write.

`python -m tests.support.killed_server N`; N = 0 never kills.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping

from agentls.engine.build import build_engine
from agentls.engine.engine import Engine
from agentls.engine.publisher import Publisher
from agentls.lsp.main import serve


def main() -> int:
    kill_at = int(sys.argv[1])

    def build(publisher: Publisher, environment: Mapping[str, str]) -> Engine:
        engine = build_engine(publisher, environment)

        def before_write(number: int) -> None:
            if number == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        engine.journal.fail_point = before_write
        return engine

    return serve(os.environ, build=build)


if __name__ == "__main__":
    sys.exit(main())
