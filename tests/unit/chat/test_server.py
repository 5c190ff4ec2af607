"""The kind of server, from its address, its headers and its errors; the kind of a key, from its shape."""

import pytest

from agentls.chat.advice.key_kind import FOREIGN, key_kind
from agentls.chat.errors.error_body import read_error
from agentls.chat.server import LOCAL_KINDS, NAMES, ServerHint, answering_kind, server_kind


@pytest.mark.parametrize(
    ("base_url", "kind"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://res.openai.azure.com/openai/v1", "azure"),
        ("https://res.services.ai.azure.com/models", "azure"),
        ("https://res.inference.ai.azure.com", "azure"),
        ("https://res.cognitiveservices.azure.com/openai", "azure"),
        ("https://gate.azure-api.net/v1", "azure"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.together.xyz/v1", "together"),
        ("https://api.together.ai/v1", "together"),
        ("https://api.perplexity.ai", "perplexity"),
        ("https://api.endpoints.anyscale.com/v1", "anyscale"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://codestral.mistral.ai/v1", "mistral"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://api.x.ai/v1", "xai"),
        ("https://api.fireworks.ai/inference/v1", "fireworks"),
        ("https://api.cerebras.ai/v1", "cerebras"),
        ("https://api.sambanova.ai/v1", "sambanova"),
        ("https://api.moonshot.ai/v1", "moonshot"),
        ("https://api.moonshot.cn/v1", "moonshot"),
        ("https://api.z.ai/api/paas/v4", "zai"),
        ("https://open.bigmodel.cn/api/paas/v4", "zai"),
        ("https://api.minimax.io/v1", "minimax"),
        ("https://api.minimaxi.com/v1", "minimax"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://dashscope-us.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini"),
        ("https://api.cloudflare.com/client/v4/accounts/a/ai/v1", "cloudflare"),
        ("https://gateway.ai.cloudflare.com/v1/a/g/compat", "cloudflare"),
        ("https://router.huggingface.co/v1", "huggingface"),
        ("https://integrate.api.nvidia.com/v1", "nim"),
        ("https://dbc-1.cloud.databricks.com/serving-endpoints", "databricks"),
        ("https://adb-1.2.azuredatabricks.net/serving-endpoints", "databricks"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://127.0.0.1:1234/v1", "lmstudio"),
        ("http://gpu.example:4000", "litellm"),
        ("http://gpu.example:30000/v1", "sglang"),
        ("https://notx.ai/v1", ""),
        ("https://openai.com.evil.example/v1", ""),
        ("http://gpu.example:8000/v1", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_an_address_tells_the_kind_of_server(base_url: str, kind: str) -> None:
    assert server_kind(ServerHint(base_url)) == kind


@pytest.mark.parametrize(
    ("hint", "headers", "kind"),
    [
        (ServerHint("http://h.example", kind="vllm"), {"server": "llama.cpp"}, "vllm"),
        (ServerHint("http://h.example"), {"server": "llama.cpp"}, "llamacpp"),
        (ServerHint("http://h.example"), {"x-litellm-version": "1"}, "litellm"),
        (ServerHint("http://h.example"), {"x-groq-region": "eu"}, "groq"),
        (ServerHint("http://h.example:11434"), {"x-litellm-call-id": "1"}, "litellm"),
        (ServerHint("https://api.openai.com/v1"), {"server": "cloudflare"}, "openai"),
    ],
)
def test_headers_tell_where_the_host_does_not(hint: ServerHint, headers: dict[str, str], kind: str) -> None:
    assert server_kind(hint, headers) == kind


@pytest.mark.parametrize(
    ("base_url", "body", "kind"),
    [
        ("http://h.example:8000/v1", b'{"object":"error","message":"x","type":"BadRequestError","code":400}', "vllm"),
        ("http://h.example/v1", b'{"object":"error","message":"x","type":"invalid_request_prompt"}', ""),
        ("http://h.example/v1", b'{"error":{"type":"exceed_context_size_error","message":"x"}}', "llamacpp"),
        ("http://h.example/v1", b'{"error":"model \'x\' not found, try pulling it first"}', "ollama"),
        ("http://h.example/v1", b'{"error":{"message":"litellm.BadRequestError: x"}}', "litellm"),
        ("http://h.example/v1", b'{"error":{"message":"x","type":"new_api_error"}}', "newapi"),
        ("http://h.example:30000/v1", b'{"object":"error","message":"x","type":"BadRequestError"}', "sglang"),
        ("https://api.groq.com/openai/v1", b'{"error":{"message":"ollama and vllm"}}', "groq"),
        ("http://h.example:4000", b'{"error":{"message":"litellm.X: --enable-auto-tool-choice"}}', "vllm"),
    ],
)
def test_an_error_tells_the_kind_of_a_server_at_a_plain_address(base_url: str, body: bytes, kind: str) -> None:
    assert answering_kind(ServerHint(base_url), {}, read_error(body)) == kind


def test_every_local_kind_has_a_name() -> None:
    assert set(NAMES) >= LOCAL_KINDS


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("sk-or-v1-", "openrouter"),
        ("sk-ant-api03-", "anthropic"),
        ("sk-proj-", "openai"),
        ("gsk_", "groq"),
        ("xai-", "xai"),
        ("hf_", "huggingface"),
        ("nvapi-", "nim"),
        ("pplx-", "perplexity"),
        ("AIza", "gemini"),
        ("csk-", "cerebras"),
        ("fw_", "fireworks"),
        ("esecret_", "anyscale"),
        ("sk-", ""),
        ("", ""),
    ],
)
def test_the_shape_of_a_key_tells_whose_it_is(start: str, kind: str) -> None:
    assert key_kind(f"  {start}0123456789abcdef  ") == kind
    assert kind == "" or kind in NAMES or kind in FOREIGN


@pytest.mark.parametrize("key", ["", "hf_", "gsk_short", "sk-1234", "not a key at all"])
def test_a_fragment_is_nobodys_key(key: str) -> None:
    assert key_kind(key) == ""


def test_an_old_openai_key_is_known_by_its_middle() -> None:
    assert key_kind("sk-" + "a" * 20 + "T3BlbkFJ" + "b" * 20) == "openai"
