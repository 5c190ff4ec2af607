"""`--json`: every notification as one line of JSON on stdout, its params as the server sent them.

It reads nothing of them. Invariant: one line per notification, and nothing else on stdout.
"""

from __future__ import annotations

from typing import BinaryIO

import msgspec


class JsonLines:
    """Writes `{"method": …, "params": …}` lines, and `{"method": …, "result": …}` for an answer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, method: str, params: msgspec.Raw) -> None:
        """Write one notification."""
        self._write(method, b"params", params)

    def write_result(self, method: str, result: msgspec.Raw) -> None:
        """Write the answer to a request."""
        self._write(method, b"result", result)

    def _write(self, method: str, name: bytes, value: msgspec.Raw) -> None:
        payload = bytes(value)
        if b"\n" in payload:
            # Legal between JSON tokens, though our server writes none: one line stays one line.
            payload = msgspec.json.format(payload, indent=-1)
        self._stream.write(b'{"method":%b,"%b":%b}\n' % (msgspec.json.encode(method), name, payload))
        self._stream.flush()
