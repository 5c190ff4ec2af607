"""Which server is being spoken to, as far as its address, its headers and its errors tell.

Knows no request: the kind only picks words of advice and a preset, never a code path of the stream. Invariant: a
kind is a key of `NAMES` or "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from agentls.chat.errors.error_body import ErrorFacts

_HOSTS: Final = (
    ("openrouter.ai", "openrouter"),
    ("api.openai.com", "openai"),
    (".azuredatabricks.net", "databricks"),
    (".azure.com", "azure"),
    (".azure.us", "azure"),
    (".azure.cn", "azure"),
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
    ("kimi.com", "moonshot"),
    ("z.ai", "zai"),
    ("bigmodel.cn", "zai"),
    ("minimax.io", "minimax"),
    ("minimaxi.com", "minimax"),
    ("minimax.chat", "minimax"),
    ("aliyuncs.com", "dashscope"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("googleapis.com", "gemini"),
    ("cloudflare.com", "cloudflare"),
    ("huggingface.co", "huggingface"),
    ("huggingface.cloud", "tgi"),
    ("nvidia.com", "nim"),
    ("databricks.com", "databricks"),
    ("ollama.com", "ollama"),
    ("anthropic.com", "anthropic"),
    ("deepinfra.com", "deepinfra"),
    ("novita.ai", "novita"),
    ("hyperbolic.xyz", "hyperbolic"),
    ("baseten.co", "baseten"),
    ("siliconflow.cn", "siliconflow"),
    ("siliconflow.com", "siliconflow"),
    ("venice.ai", "venice"),
)
_PORTS: Final = {11434: "ollama", 1234: "lmstudio", 4000: "litellm", 30000: "sglang"}
_SERVER_HEADERS: Final = (("llama.cpp", "llamacpp"), ("ollama", "ollama"), ("tgi", "tgi"), ("koboldcpp", "koboldcpp"))
_HEADER_NAMES: Final = (
    ("x-litellm-", "litellm"),
    ("x-groq-", "groq"),
    ("x-oneapi-", "newapi"),
    ("x-new-api-", "newapi"),
    ("x-ms-region", "azure"),
    ("apim-request-id", "azure"),
    ("x-fireworks-", "fireworks"),
    ("x-sglang-", "sglang"),
)
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
    "anthropic": "Anthropic",
    "deepinfra": "DeepInfra",
    "novita": "Novita",
    "hyperbolic": "Hyperbolic",
    "baseten": "Baseten",
    "siliconflow": "SiliconFlow",
    "venice": "Venice",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "litellm": "LiteLLM",
    "tgi": "TGI",
    "localai": "LocalAI",
    "koboldcpp": "KoboldCpp",
    "tabbyapi": "TabbyAPI",
    "textgen": "text-generation-webui",
    "openwebui": "Open WebUI",
    "newapi": "New API",
}
LOCAL_KINDS: Final = frozenset(
    {
        "ollama",
        "lmstudio",
        "llamacpp",
        "vllm",
        "sglang",
        "tgi",
        "litellm",
        "localai",
        "koboldcpp",
        "tabbyapi",
        "textgen",
        "openwebui",
        "newapi",
    }
)
"""Kinds that people run themselves; the others are services."""
# What a server's errors say of it, first match wins. Text until the first failure: compiling would cost every start.
_TELLING: Final = (
    ("llamacpp", r"requires? --jinja"),  # flags first: they are worth something through every gateway
    ("vllm", r"enable-auto-tool-choice"),
    ("litellm", r"litellm\.|litellm (proxy|user|virtual)|\blitellm:|no fallback model group found"),
    ("newapi", r"\b(new_api_error|one_api_error|shell_api_error)\b"),
    (
        "llamacpp",
        r"mmproj|exceed_context_size_error|\bllama-server\b|\bn_prompt_tokens\b|loading model\b.{0,10}unavailable_error"
        r"|failed to parse input at pos",
    ),
    ("ollama", r"try pulling it first|registry\.ollama\.ai|\bollama\b|llama runner|model runner has unexpectedly"),
    (
        "lmstudio",
        r"lm studio|\blms load\b|unexpected endpoint or method|when context the overflows|\[server error\]"
        r"|tokens to keep from the initial prompt",
    ),
    ("sglang", r"\bsglang\b|longer than the model's context length|token count exceeds the model's maximum context"),
    ("vllm", r"\bvllm|max[-_]model[-_]len|maximum model length|enginecore"),
    ("tgi", r"max_new_tokens`? must be|input validation error|text-generation-inference"),
    ("tabbyapi", r"\btabbyapi\b|max_seq_len"),
    ("localai", r"could not load model - all backends|localai|grpc process not found"),
    ("textgen", r"text-generation-webui"),
)


@dataclass(frozen=True, slots=True)
class ServerHint:
    """What the caller knows of the server: enough for advice, nothing secret."""

    base_url: str = ""
    model: str = ""
    kind: str = ""
    """A key of `NAMES`, or empty to let the address decide."""
    has_key: bool | None = None
    """Whether an API key is set; None when the caller does not say."""
    key_kind: str = ""
    """The kind of provider whose keys look like the one set (`key_kind.key_kind`); "" when nothing tells."""

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


def port_of(base_url: str) -> int | None:
    """The port written in a URL, or None."""
    try:
        return urlsplit(base_url).port
    except ValueError:
        return None


def server_kind(hint: ServerHint, headers: Mapping[str, str] | None = None) -> str:
    """Name the kind of server by the hint, the host, the headers or the port; "" when nothing tells."""
    return hint.kind or _by_host(hint) or _by_headers(headers or {}) or _PORTS.get(port_of(hint.base_url) or 0, "")


def answering_kind(hint: ServerHint, headers: Mapping[str, str], facts: ErrorFacts) -> str:
    """`server_kind`, and for an address that says nothing the kind that the error itself gives away.

    A service is what its host says, whatever runs behind it; a gateway of one's own is what answers in its error.
    """
    kind = hint.kind or _by_host(hint) or _by_headers(headers)
    if kind and kind not in LOCAL_KINDS:
        return kind
    words = facts.words
    told = next((name for name, pattern in _TELLING if re.search(pattern, words)), "")
    if kind in ("litellm", "newapi", "openwebui") and told not in ("", kind):
        return told if re.search(r"--jinja|--enable", words) else kind
    guess = kind or told or _PORTS.get(port_of(hint.base_url) or 0, "")
    if not guess and {"BadRequestError", "NotFoundError"} & set(facts.labels):
        return "vllm"  # SGLang copies these types too, and its flags are much the same
    return guess


def _by_host(hint: ServerHint) -> str:
    host = host_of(hint.base_url)
    for suffix, kind in _HOSTS:
        if host == suffix.lstrip(".") or host.endswith(suffix if suffix.startswith(".") else "." + suffix):
            return kind
    return ""


def _by_headers(headers: Mapping[str, str]) -> str:
    said = f"{headers.get('server', '')} {headers.get('via', '')} {headers.get('x-powered-by', '')}".lower()
    for word, kind in _SERVER_HEADERS:
        if word in said:
            return kind
    for start, kind in _HEADER_NAMES:
        if any(name.startswith(start) for name in headers):
            return kind
    return ""
