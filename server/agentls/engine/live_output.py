"""What a running command prints, published as it comes and without secrets.

Knows no process. Invariant: a secret cut in two by the pieces is still masked.
"""

from __future__ import annotations

from typing import Literal

from agentls.conversation.text import pieces
from agentls.engine.ledger import Ledger
from agentls.policy.redact import RedactedStream, Redactor
from agentls.protocol import events as e

OutputStream = Literal["stdout", "stderr"]


class LiveOutput:
    def __init__(self, ledger: Ledger, call_id: str, redactor: Redactor) -> None:
        self._ledger = ledger
        self._call_id = call_id
        self._streams = {"stdout": RedactedStream(redactor), "stderr": RedactedStream(redactor)}

    def write(self, stream: OutputStream, text: str) -> None:
        self._publish(stream, self._streams[stream].feed(text))

    def close(self) -> None:
        """Publish what was held back."""
        for stream, redacted in self._streams.items():
            self._publish(stream, redacted.close())

    def _publish(self, stream: str, text: str) -> None:
        for piece in pieces(text):
            self._ledger.live(e.ToolCallOutput.METHOD, {"callId": self._call_id, "stream": stream, "delta": piece})
