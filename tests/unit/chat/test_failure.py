"""Failures have the right name and advice that helps with that server."""

import json

import pytest

from agentls.chat.advice.advice import TITLES
from agentls.chat.failure import classify_response, classify_stream_error, stream_failure, transport_failure
from agentls.chat.server import ServerHint

OLLAMA = ServerHint("http://localhost:11434/v1", "qwen3:8b")
LMSTUDIO = ServerHint("http://localhost:1234/v1", "qwen3")
LLAMACPP = ServerHint("http://localhost:8080/v1", "any", kind="llamacpp")
VLLM = ServerHint("http://gpu.example:8000/v1", "Qwen/Qwen3", kind="vllm")
OPENAI = ServerHint("https://api.openai.com/v1", "gpt-x")
OPENROUTER = ServerHint("https://openrouter.ai/api/v1", "vendor/x")
PERPLEXITY = ServerHint("https://api.perplexity.ai", "sonar")
CUSTOM = ServerHint("https://llm.example/v1", "m1")


def body(message: str, **more: object) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "raw", "server", "code", "advised"),
    [
        (401, body("Incorrect API key provided: sk-x***."), OPENAI, "auth", "platform.openai.com/api-keys"),
        (401, b"", CUSTOM, "auth", "API key"),
        (400, body("Incorrect API key provided: x"), CUSTOM, "auth", "API key"),
        (401, b'{"error":"invalid token"}', LMSTUDIO, "auth", "started with an API key"),
        (404, body("model 'qwen3:8b' not found"), OLLAMA, "modelNotFound", "ollama pull qwen3:8b"),
        (404, body("The model `m1` does not exist."), CUSTOM, "modelNotFound", "“m1”"),
        (
            404,
            body("The model `x` does not exist.", type="NotFoundError"),
            VLLM,
            "modelNotFound",
            "--served-model-name",
        ),
        (400, body("Invalid model 'x'", type="invalid_model"), PERPLEXITY, "modelNotFound", "Perplexity"),
        (404, b'{"detail":"Not Found"}', ServerHint("http://gpu.example:8000", "m"), "endpointNotFound", "8000/v1"),
        (404, b"404 page not found", OLLAMA, "endpointNotFound", "update Ollama"),
        (404, b"<html><title>404</title></html>", CUSTOM, "endpointNotFound", "web page"),
        (
            404,
            body("Invalid URL (POST /v1/v1/chat/completions)"),
            ServerHint("https://a.example/v1/v1"),
            "endpointNotFound",
            "twice",
        ),
        (404, b"", ServerHint("https://api.groq.com/v1"), "endpointNotFound", "https://api.groq.com/openai/v1"),
        (405, b"Method Not Allowed", CUSTOM, "endpointNotFound", "base URL"),
        (
            200,
            b'{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
            ServerHint("http://localhost:1234", "qwen3"),
            "endpointNotFound",
            "/v1",
        ),
        (
            400,
            b'{"error":"registry.ollama.ai/library/x does not support tools"}',
            OLLAMA,
            "toolsUnsupported",
            "ollama show",
        ),
        (
            400,
            body('"auto" tool choice requires --enable-auto-tool-choice'),
            CUSTOM,
            "toolsUnsupported",
            "--tool-call-parser",
        ),
        (500, body("tools param requires --jinja flag"), LLAMACPP, "toolsUnsupported", "--jinja"),
        (
            404,
            body("No endpoints found that support tool use."),
            OPENROUTER,
            "toolsUnsupported",
            "supported_parameters=tools",
        ),
        (400, body("Tool calling is not supported in streaming mode!"), CUSTOM, "toolsUnsupported", "streaming off"),
        (400, body("x", type="exceed_context_size_error", n_ctx=4096), LLAMACPP, "contextLength", "--ctx-size"),
        (413, body("Request too large for model x on tokens per minute (TPM)"), CUSTOM, "contextLength", "send less"),
        (429, body("You exceeded your current quota", code="insufficient_quota"), OPENAI, "quota", "billing"),
        (402, body("This request requires more credits, or fewer max_tokens"), OPENROUTER, "quota", "openrouter.ai"),
        (429, body("Too many requests"), CUSTOM, "rateLimit", "Wait"),
        (503, b"<html>busy</html>", CUSTOM, "overloaded", "moment"),
        (529, b"", CUSTOM, "overloaded", "moment"),
        (504, b"<html><title>Gateway time-out</title></html>", CUSTOM, "timeout", "firstByteS"),
        (500, b"", CUSTOM, "server", "moment"),
        (
            422,
            b'{"detail":[{"loc":["body","foo"],"msg":"Extra inputs are not permitted"}]}',
            CUSTOM,
            "badRequest",
            "extraBody",
        ),
        (307, b"", CUSTOM, "endpointNotFound", "base URL"),
        (
            400,
            b'[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]',
            CUSTOM,
            "auth",
            "API key",
        ),
    ],
)
def test_a_failure_has_its_name_and_advice(
    status: int, raw: bytes, server: ServerHint, code: str, advised: str
) -> None:
    failure = classify_response(status, {}, raw, server)
    assert failure.code == code
    assert failure.title == TITLES[code]
    assert advised in failure.advice
    assert failure.http_status == status


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_a_refusal_is_never_retried(status: int) -> None:
    assert not classify_response(status, {}, b"{}", CUSTOM).retryable


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_a_passing_trouble_is_retried(status: int) -> None:
    assert classify_response(status, {}, b"{}", CUSTOM).retryable


def test_a_callers_mistake_that_is_called_500_is_not_retried() -> None:
    failure = classify_response(500, {}, body("image input is not supported - hint: mmproj"), LLAMACPP)
    assert (failure.code, failure.retryable) == ("server", False)
    assert "imageSupport" in failure.advice


@pytest.mark.parametrize(
    ("headers", "raw", "wait_s"),
    [
        ({"retry-after": "3"}, b"", 3.0),
        ({"retry-after": "0.5"}, b"", 0.5),
        ({"retry-after": "1", "retry-after-ms": "0"}, b"", 1.0),
        ({"retry-after": "1", "retry-after-ms": "250"}, b"", 0.25),
        ({"retry-after": "Sun, 06 Nov 2033 08:49:47 GMT", "date": "Sun, 06 Nov 2033 08:49:37 GMT"}, b"", 10.0),
        ({"retry-after": "Sun, 06 Nov 2033 08:49:47 GMT"}, b"", None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30.5s"}, b"", 90.5),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1m"}, b"", None),
        ({"ratelimit": '"api";r=0;t=70'}, b"", 70.0),
        (
            {"date": "Tue, 07 Oct 2025 13:56:50 GMT"},
            body("Rate limit exceeded", metadata={"headers": {"X-RateLimit-Reset": "1759845420000"}}),
            10.0,
        ),
        ({"retry-after": "soon"}, b"", None),
        ({"retry-after": "-5"}, b"", None),
        ({"retry-after": "9" * 400}, b"", None),
    ],
)
def test_the_wait_a_server_asks_for_is_read_in_every_form(
    headers: dict[str, str], raw: bytes, wait_s: float | None
) -> None:
    assert classify_response(429, headers, raw, CUSTOM).retry_after_s == wait_s


def test_provider_text_is_bounded_one_line_and_without_keys() -> None:
    message = "bad\x1b[31m key sk-abcdefghijklmnopqrstuvwxyz0123456789\u202e\n" + "x" * 5000
    failure = classify_response(401, {}, body(message), CUSTOM)
    assert failure.detail.startswith("bad [31m key sk-… xxx")
    assert len(failure.detail) == 500


def test_a_cause_inside_a_gateways_error_is_shown() -> None:
    raw = body("Provider returned error", metadata={"raw": '{"error":{"message":"Unknown role","param":"messages"}}'})
    failure = classify_response(400, {}, raw, OPENROUTER)
    assert (failure.detail, failure.param) == ("Provider returned error: Unknown role", "messages")


def test_an_error_framed_as_an_event_is_read() -> None:
    raw = b'event: error\ndata: {"error":{"message":"No auth credentials found"}}\n\n'
    assert classify_response(400, {}, raw, CUSTOM).detail == "No auth credentials found"


@pytest.mark.parametrize(
    ("kind", "origin", "code", "retryable", "advised"),
    [
        ("refused", "http://localhost:11434", "connection", True, "ollama serve"),
        ("refused", "http://127.0.0.1:1234", "connection", True, "LM Studio"),
        ("refused", "http://localhost:9999", "connection", True, "Nothing listens at http://localhost:9999"),
        ("refused", "https://llm.example", "connection", True, "port"),
        ("dns", "https://lllm.example", "connection", True, "spelling"),
        ("connect", "https://llm.example", "connection", True, "base URL"),
        ("tls", "https://llm.example", "tls", False, "caBundle"),
        ("proxy", "https://llm.example", "proxy", False, "proxy"),
        ("timeout", "https://llm.example", "timeout", True, "firstByteS"),
        ("reset", "https://llm.example", "streamBroken", True, "gateway"),
        ("redirect", "https://llm.example", "endpointNotFound", False, "Redirects are not followed"),
        ("protocol", "https://llm.example", "badStream", False, "OpenAI-compatible"),
    ],
)
def test_a_failure_below_http_has_its_name_and_advice(
    kind: str, origin: str, code: str, retryable: bool, advised: str
) -> None:
    failure = transport_failure(kind, "it went wrong", origin)
    assert (failure.code, failure.retryable, failure.detail) == (code, retryable, "it went wrong")
    assert advised in failure.advice


@pytest.mark.parametrize("code", sorted(TITLES))
def test_every_code_has_a_title_and_a_sentence_of_advice(code: str) -> None:
    failure = stream_failure(code, "x")
    assert failure.title
    assert failure.advice.endswith(".")


@pytest.mark.parametrize(
    "payload", [None, 7, "", [], {}, [[[[[[[[[[]]]]]]]]]], {"error": True}, {"detail": [{}]}, b"\xff"]
)
def test_any_payload_is_some_failure(payload: object) -> None:
    assert classify_stream_error(payload).code in TITLES
