"""Every check of the project: `python3 tests/run.py`; further arguments go to pytest.

Makes its own `.venv` as server/bootstrap.py does, and `.servers` with the real servers that some tests talk to.
Runs every step, also after one failed, and exits 1 if one did.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "server"))

import bootstrap  # noqa: E402  # after the path: it is a script of its own, not a package

KEPT = ("AGENTLS_STREAMS", "AGENTLS_WHEELS")  # where recordings and a built wheel are


def main(pytest_arguments):
    """Run the steps; the exit code."""
    try:
        bootstrap.prepare(["dev"])
    except bootstrap.BootstrapError as error:
        print(f"tests/run.py: {error}", file=sys.stderr, flush=True)
        return 1
    failed = [name for name, command in steps(pytest_arguments) if not passes(name, command)]
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def steps(pytest_arguments):
    """The steps: a name and a command each; the tests last, so that their summary ends the output."""
    program = bootstrap.program
    return [
        ("ruff check", [program("ruff"), "check", "."]),
        ("ruff format", [program("ruff"), "format", "--check", "."]),
        ("mypy", [program("mypy")]),
        ("protocol", [program("agentls"), "protocol", "--check"]),
        ("real servers", [program("python"), "-m", "tests.support.servers"]),
        ("pytest", [program("python"), "-m", "pytest", *pytest_arguments]),
    ]


def passes(name, command):
    """Run one step in the root of the clone, in an environment without our own variables but the tests'."""
    print(f"==> {name}", flush=True)
    started = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AGENTLS_") or key in KEPT}
    code = subprocess.call(command, cwd=str(ROOT), env=environment, stdin=subprocess.DEVNULL)
    result = "ok" if code == 0 else f"exit code {code}"
    print(f"<== {name}: {result}, {time.monotonic() - started:.1f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
