"""`python -m tests.support.servers`: install the real servers that the tests talk to, once, and say what is there.

Exits 1 where CI is set and one of them is missing; elsewhere its tests are skipped, with the reason said here.
"""

from __future__ import annotations

import sys
import time

from tests.support.servers import llama_install, mock_install


def main() -> int:
    """Install both; the exit code."""
    code = 0
    for install in (llama_install.install, mock_install.install):
        started_s = time.monotonic()
        state = install()
        if state.missing is None:
            print(f"{state.name}: ready ({time.monotonic() - started_s:.0f} s)", flush=True)
            continue
        result = "skipped" if state.is_tolerated else "MISSING"
        print(f"{state.name}: {result}: {state.missing}", flush=True)
        code = code if state.is_tolerated else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
