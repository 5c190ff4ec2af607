"""A command run to its end, as a step of an installation.

Knows nothing of what it runs. Invariant: bounded in time; what it printed is kept, whatever it was.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    """Its exit code; negative: the number of the signal that ended it."""
    output: str

    @property
    def tail(self) -> str:
        """The last lines of its output, indented."""
        return "\n".join("  " + line for line in self.output.rstrip().splitlines()[-TAIL_LINES:])


def run(command: Sequence[str | Path], *, limit_s: float = 600, cwd: Path | None = None) -> Done:
    """Run it; a command that takes longer than `limit_s` or does not start counts as failed."""
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=os.name != "nt",
        )
    except OSError as error:
        return Done(1, str(error))
    with process:
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            kill_tree(process)
            output, _ = process.communicate()
            return Done(1, f"{output.decode('utf-8', 'replace').rstrip()}\nended after {limit_s:g} s")
        except BaseException:  # an interrupt by the user, too
            kill_tree(process)
            raise
    return Done(process.returncode, output.decode("utf-8", "replace"))


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own group, with all its children; one that has ended is left alone."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], check=False, capture_output=True)
    else:
        os.killpg(process.pid, signal.SIGKILL)
