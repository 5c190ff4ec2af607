"""llama.cpp's server for Python, running on a free port with the tiny model.

Invariant: it has read its model and listens when the constructor returns.
"""

from __future__ import annotations

from tests.support.servers.llama_install import MODEL, PYTHON
from tests.support.servers.process import ServerProcess

CONTEXT_TOKENS = 32768
"""Of one conversation; our instructions and tools are some ten thousand of this model's tokens, which are bytes."""
ENDLESS = {"min_tokens": CONTEXT_TOKENS}
"""For `extraBody`: the answer may not end before the context is full."""


class LlamaServer(ServerProcess):
    """The server; `api_key`: the only key it takes."""

    def __init__(self, *, api_key: str | None = None, context_tokens: int = CONTEXT_TOKENS) -> None:
        command = [str(PYTHON), "-m", "llama_cpp.server", "--model", str(MODEL), "--model_alias", "tiny"]
        command += ["--host", "127.0.0.1", "--port", "0", "--n_ctx", str(context_tokens), "--n_batch", "256"]
        command += ["--chat_format", "chatml-function-calling", "--verbose", "false"]
        super().__init__("llama.cpp server", command + (["--api_key", api_key] if api_key else []))
        self.base_url = self.wait_ready(r"running on (http://[\d.:]+)")[1] + "/v1"

    @property
    def provider(self) -> dict[str, object]:
        """A provider as `agent/provider/set` takes it."""
        return {"id": "llama", "name": "llama.cpp", "baseUrl": self.base_url, "modelId": "tiny", "temperature": 0}
