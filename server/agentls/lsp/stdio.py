"""The process's own streams: the real stdout for frames alone, everything anybody prints to stderr.

Knows file descriptors. Invariant: after `take_stdout` no byte that is not a frame can reach the client,
whatever a library or a child that inherits descriptor 1 does.
"""

from __future__ import annotations

import os
import sys


def take_stdout() -> int:
    """Return a descriptor of the real stdout, not inherited by children; 1 and sys.stdout become stderr."""
    sys.stdout.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    plain(real)
    return real


def take_stdin() -> int:
    """Return a descriptor of the real stdin, not inherited by children."""
    real = os.dup(0)
    plain(real)
    return real


def plain(fd: int) -> None:
    """Let reads and writes of `fd` wait, and stop Windows from translating its line ends.

    A client may hand over pipes that do not wait; "nothing yet" would then look like the end.
    """
    if sys.platform == "win32":
        import msvcrt  # imported here: Windows only

        msvcrt.setmode(fd, os.O_BINARY)
    else:
        os.set_blocking(fd, True)
