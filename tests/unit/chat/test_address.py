"""Where requests go, and the header of the key."""

import pytest

from agentls.chat.address import completions_url, key_headers, models_url

VERSION = "2024-08-01-preview"
QUERY = f"?api-version={VERSION}"


@pytest.mark.parametrize(
    ("base_url", "version", "completions", "models"),
    [
        ("https://llm.example/v1", None, "/v1/chat/completions", "/v1/models"),
        ("https://llm.example/v1/", None, "/v1/chat/completions", "/v1/models"),
        ("https://api.perplexity.ai", None, "/chat/completions", "/models"),
        ("https://a.openai.azure.com/openai/v1", None, "/openai/v1/chat/completions", "/openai/v1/models"),
        (
            "https://a.openai.azure.com/openai/v1",
            "preview",
            "/openai/v1/chat/completions?api-version=preview",
            "/openai/v1/models?api-version=preview",
        ),
        (
            "https://a.openai.azure.com",
            VERSION,
            f"/openai/deployments/my%2Fgpt/chat/completions{QUERY}",
            f"/openai/models{QUERY}",
        ),
        (
            "https://a.openai.azure.com/openai",
            VERSION,
            f"/openai/deployments/my%2Fgpt/chat/completions{QUERY}",
            f"/openai/models{QUERY}",
        ),
        (
            "https://a.openai.azure.com/openai/deployments/prod",
            VERSION,
            f"/openai/deployments/prod/chat/completions{QUERY}",
            f"/openai/models{QUERY}",
        ),
        (
            "https://gateway.example/llm/openai/deployments/prod/",
            VERSION,
            f"/llm/openai/deployments/prod/chat/completions{QUERY}",
            f"/llm/openai/models{QUERY}",
        ),
        (
            "https://a.services.ai.azure.com",
            None,
            "/models/chat/completions?api-version=2024-05-01-preview",
            "/models?api-version=2024-05-01-preview",
        ),
        (
            "https://a.services.ai.azure.com/models",
            VERSION,
            f"/models/chat/completions{QUERY}",
            f"/models{QUERY}",
        ),
        (
            "https://a.eastus.inference.ai.azure.com",
            None,
            "/chat/completions?api-version=2024-05-01-preview",
            "/models?api-version=2024-05-01-preview",
        ),
        ("https://a.eastus.models.ai.azure.com/v1", None, "/v1/chat/completions", "/v1/models"),
        ("https://a.services.ai.azure.com/openai/v1", None, "/openai/v1/chat/completions", "/openai/v1/models"),
    ],
)
def test_addresses_stay_on_the_origin_and_follow_the_api(
    base_url: str, version: str | None, completions: str, models: str
) -> None:
    origin = "/".join(base_url.split("/")[:3])
    assert completions_url(base_url, "my/gpt", version) == origin + completions
    assert models_url(base_url, version) == origin + models


@pytest.mark.parametrize(
    ("base_url", "version", "header"),
    [
        ("https://llm.example/v1", None, {"authorization": "Bearer k"}),
        ("https://generativelanguage.googleapis.com/v1beta/openai", None, {"authorization": "Bearer k"}),
        ("https://a.openai.azure.com/openai/v1", None, {"api-key": "k"}),
        ("https://a.services.ai.azure.com/models", None, {"api-key": "k"}),
        ("https://a.eastus.models.ai.azure.com", None, {"api-key": "k", "authorization": "Bearer k"}),
        ("https://gateway.example/openai", VERSION, {"api-key": "k"}),
        ("https://azure.com.example/v1", None, {"authorization": "Bearer k"}),
        ("http://[", None, {"authorization": "Bearer k"}),
    ],
)
def test_the_key_goes_in_the_header_that_the_api_reads(
    base_url: str, version: str | None, header: dict[str, str]
) -> None:
    assert key_headers("k", base_url, version) == header
