"""Where each known host begins."""

import pytest

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.presets import PRESETS, preset
from agentls.chat.server import ServerHint

# The hosts that are promised, with an address of each: its own, a port, or the kind that a probe found.
HOSTS = [
    ("openai", ServerHint("https://api.openai.com/v1")),
    ("azure", ServerHint("https://acme.openai.azure.com/openai/v1")),
    ("azure", ServerHint("https://acme.services.ai.azure.com/openai/v1")),
    ("azureai", ServerHint("https://acme.services.ai.azure.com")),
    ("azureai", ServerHint("https://acme.eastus.inference.ai.azure.com")),
    ("openrouter", ServerHint("https://openrouter.ai/api/v1")),
    ("together", ServerHint("https://api.together.xyz/v1")),
    ("perplexity", ServerHint("https://api.perplexity.ai")),
    ("anyscale", ServerHint("https://api.endpoints.anyscale.com/v1")),
    ("groq", ServerHint("https://api.groq.com/openai/v1")),
    ("mistral", ServerHint("https://api.mistral.ai/v1")),
    ("deepseek", ServerHint("https://api.deepseek.com")),
    ("xai", ServerHint("https://api.x.ai/v1")),
    ("fireworks", ServerHint("https://api.fireworks.ai/inference/v1")),
    ("cerebras", ServerHint("https://api.cerebras.ai/v1")),
    ("sambanova", ServerHint("https://api.sambanova.ai/v1")),
    ("moonshot", ServerHint("https://api.moonshot.ai/v1")),
    ("zai", ServerHint("https://api.z.ai/api/paas/v4")),
    ("minimax", ServerHint("https://api.minimax.io/v1")),
    ("dashscope", ServerHint("https://dashscope.aliyuncs.com/compatible-mode/v1")),
    ("gemini", ServerHint("https://generativelanguage.googleapis.com/v1beta/openai")),
    ("cloudflare", ServerHint("https://api.cloudflare.com/client/v4/accounts/x/ai/v1")),
    ("huggingface", ServerHint("https://router.huggingface.co/v1")),
    ("nim", ServerHint("https://integrate.api.nvidia.com/v1")),
    ("databricks", ServerHint("https://dbc.cloud.databricks.com/serving-endpoints")),
    ("litellm", ServerHint("http://localhost:4000/v1")),
    ("vllm", ServerHint("http://localhost:8000/v1", kind="vllm")),
    ("sglang", ServerHint("http://localhost:30000/v1")),
    ("llamacpp", ServerHint("http://localhost:8080/v1", kind="llamacpp")),
    ("ollama", ServerHint("http://localhost:11434/v1")),
    ("lmstudio", ServerHint("http://localhost:1234/v1")),
]


@pytest.mark.parametrize(("kind", "hint"), HOSTS)
def test_every_promised_host_has_a_row_and_begins_with_it(kind: str, hint: ServerHint) -> None:
    assert preset(hint) is PRESETS[kind]


@pytest.mark.parametrize(
    "base_url", ["https://llm.example/v1", "https://notapi.x.ai.example/v1", "not a url", "http://[", ""]
)
def test_an_unknown_host_begins_with_the_default(base_url: str) -> None:
    assert preset(ServerHint(base_url)) == DEFAULT


def test_no_row_has_learned_or_dropped_anything() -> None:
    assert {(row.learned, row.dropped) for row in PRESETS.values()} == {(frozenset(), frozenset())}


def test_rows_say_what_differs() -> None:
    assert PRESETS["openrouter"] == DEFAULT
    assert PRESETS["ollama"] == Dialect(empty_content="empty", cache_marks="never")
