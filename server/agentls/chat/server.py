"""Which server is being spoken to, as far as its address and headers tell.

Knows no request and no body: the kind only picks words of advice and a preset, never a code path of the stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_HOSTS: Final = (
    ("openrouter.ai", "openrouter"),
    ("api.openai.com", "openai"),
    (".openai.azure.com", "azure"),
    (".azure.com", "azure"),
    (".azure-api.net", "azure"),
    ("perplexity.ai", "perplexity"),
    ("together.xyz", "together"),
    ("together.ai", "together"),
    ("anyscale.com", "anyscale"),
    ("groq.com", "groq"),
    ("mistral.ai", "mistral"),
    ("deepseek.com", "deepseek"),
    ("x.ai", "xai"),
    ("fireworks.ai", "fireworks"),
    ("cerebras.ai", "cerebras"),
    ("sambanova.ai", "sambanova"),
    ("moonshot.ai", "moonshot"),
    ("moonshot.cn", "moonshot"),
    ("z.ai", "zai"),
    ("bigmodel.cn", "zai"),
    ("minimax.io", "minimax"),
    ("minimaxi.com", "minimax"),
    ("aliyuncs.com", "dashscope"),
    ("googleapis.com", "gemini"),
    ("cloudflare.com", "cloudflare"),
    ("huggingface.co", "huggingface"),
    ("nvidia.com", "nim"),
    ("databricks.com", "databricks"),
    ("ollama.com", "ollama"),
)
_PORTS: Final = {11434: "ollama", 1234: "lmstudio", 4000: "litellm", 30000: "sglang"}
_SERVER_HEADERS: Final = (("llama.cpp", "llamacpp"), ("ollama", "ollama"), ("tgi", "tgi"))
NAMES: Final = {
    "openrouter": "OpenRouter",
    "openai": "OpenAI",
    "azure": "Azure",
    "perplexity": "Perplexity",
    "together": "Together AI",
    "anyscale": "Anyscale",
    "groq": "Groq",
    "mistral": "Mistral",
    "deepseek": "DeepSeek",
    "xai": "xAI",
    "fireworks": "Fireworks",
    "cerebras": "Cerebras",
    "sambanova": "SambaNova",
    "moonshot": "Moonshot",
    "zai": "Z.ai",
    "minimax": "MiniMax",
    "dashscope": "DashScope",
    "gemini": "Gemini",
    "cloudflare": "Cloudflare",
    "huggingface": "Hugging Face",
    "nim": "NVIDIA NIM",
    "databricks": "Databricks",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "litellm": "LiteLLM",
    "tgi": "TGI",
}
LOCAL_KINDS: Final = frozenset({"ollama", "lmstudio", "llamacpp", "vllm", "sglang", "tgi", "litellm"})


@dataclass(frozen=True, slots=True)
class ServerHint:
    """What the caller knows of the server: enough for advice, nothing secret."""

    base_url: str = ""
    model: str = ""
    kind: str = ""
    """A key of `NAMES`, or empty to let the address decide."""

    @property
    def is_local(self) -> bool:
        """True for a server on this machine."""
        return host_of(self.base_url) in ("localhost", "::1", "0.0.0.0") or host_of(self.base_url).startswith("127.")  # noqa: S104


def host_of(base_url: str) -> str:
    """The lower-case host of a URL, or "" for what is no URL."""
    try:
        return (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return ""


def server_kind(hint: ServerHint, headers: Mapping[str, str] | None = None) -> str:
    """Name the kind of server by the hint, the host, the port or the `server` header; "" when nothing tells."""
    if hint.kind:
        return hint.kind
    host = host_of(hint.base_url)
    for suffix, kind in _HOSTS:
        if host == suffix.lstrip(".") or host.endswith(suffix if suffix.startswith(".") else "." + suffix):
            return kind
    server = (headers or {}).get("server", "").lower()
    for word, kind in _SERVER_HEADERS:
        if word in server:
            return kind
    try:
        port = urlsplit(hint.base_url).port
    except ValueError:
        return ""
    return _PORTS.get(port or 0, "")
