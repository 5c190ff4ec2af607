"""Advice is a sentence to act on, for every failure and every kind of server."""

import json
import re

import pytest

from agentls.chat.advice.advice import LONGEST_ADVICE, TITLES, advice_for
from agentls.chat.advice.key_kind import FOREIGN
from agentls.chat.failure import classify_response, stream_failure, transport_failure
from agentls.chat.server import NAMES, ServerHint

KINDS = ["", *NAMES]
PLACEHOLDER = re.compile(r"[{}<>]|\bNone\b|\bTODO\b|\bMODEL\b|\bYOUR\b|  ")


def assert_finished(advice: str) -> None:
    assert 20 < len(advice) <= LONGEST_ADVICE, advice
    assert advice[0].isupper(), advice
    assert advice[-1] in ".…", advice
    assert not PLACEHOLDER.search(advice), advice


@pytest.mark.parametrize("code", sorted(TITLES))
def test_every_pair_of_failure_and_server_has_a_finished_sentence(code: str) -> None:
    for kind in KINDS:
        hints = [
            ServerHint(kind=kind),
            ServerHint("http://localhost:8000/v1", "m" * 400, kind, has_key=False),
            ServerHint("https://" + "h" * 300 + ".example/v1", "vendor/model", kind, has_key=True, key_kind="groq"),
        ]
        for hint in hints:
            for status in (None, 403):
                assert_finished(advice_for(code, kind, hint, status=status, context_size=4096))


@pytest.mark.parametrize("transport", ["dns", "refused", "connect", "tls", "proxy", "timeout", "protocol", "reset"])
def test_every_pair_of_network_trouble_and_server_has_a_finished_sentence(transport: str) -> None:
    for kind in KINDS:
        for hint in (ServerHint("http://localhost:9/v1", kind=kind), ServerHint("https://h.example/v1", kind=kind)):
            words = f"{hint.base_url}: it failed"
            assert_finished(advice_for("connection", kind, hint, transport=transport, words=words))


GROQ = "https://api.groq.com/openai/v1"


@pytest.mark.parametrize(
    ("hint", "says"),
    [
        (ServerHint(GROQ, has_key=False), ["No API key is set", "console.groq.com/keys"]),
        (ServerHint(GROQ, has_key=True), ["entered whole", "console.groq.com/keys"]),
        (ServerHint(GROQ, has_key=True, key_kind="groq"), ["entered whole"]),
        (ServerHint(GROQ, has_key=True, key_kind="openrouter"), ["looks like one of OpenRouter", "is Groq's"]),
        (ServerHint(GROQ, has_key=True, key_kind="anthropic"), ["looks like one of Anthropic", "is Groq's"]),
        (ServerHint(GROQ, has_key=True, key_kind="github"), [f"looks like one of {FOREIGN['github']}"]),
        (ServerHint("https://h.example/v1", has_key=True, key_kind="openai"), ["looks like one of OpenAI"]),
        (ServerHint("http://localhost:1234/v1", has_key=False), ["LM Studio", "No API key is set"]),
        (ServerHint("http://localhost:9999/v1", has_key=True), ["started with an API key"]),
        (ServerHint("https://ollama.com/v1", has_key=True), ["ollama.com/settings/keys"]),
        (ServerHint("https://api.minimaxi.com/v1", has_key=True), ["minimax.io does not work at minimaxi.com"]),
        (
            ServerHint("https://dashscope.aliyuncs.com/compatible-mode/v1", has_key=True),
            ["dashscope-intl.aliyuncs.com does not work at dashscope.aliyuncs.com"],
        ),
    ],
)
def test_a_refused_key_is_told_from_none_and_from_another_providers(hint: ServerHint, says: list[str]) -> None:
    failure = classify_response(401, {}, b'{"error":{"message":"Unauthorized"}}', hint)
    assert failure.code == "auth"
    assert [part for part in says if part not in failure.advice] == []


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("https://h.example/v1/v1", "use https://h.example/v1."),
        ("https://h.example/api/paas/v4/v4", "has /v4 twice; use https://h.example/api/paas/v4."),
        ("https://h.example/v1/chat/completions", "use https://h.example/v1."),
        ("https://h.example", "most servers want https://h.example/v1."),
        ("https://api.moonshot.cn", "https://api.moonshot.cn/v1"),
        ("https://open.bigmodel.cn/v1", "https://open.bigmodel.cn/api/paas/v4"),
        ("https://res.openai.azure.com", "followed by /openai/v1"),
        ("https://res.openai.azure.com/openai/v1", "name of a deployment"),
        ("https://api.openai.com/v1", "The base URL is the usual one of OpenAI"),
        ("https://h.example/v1", "Check the base URL https://h.example/v1"),
    ],
)
def test_a_wrong_path_is_answered_with_the_right_one(base_url: str, says: str) -> None:
    failure = classify_response(404, {}, b'{"detail":"Not Found"}', ServerHint(base_url, "m"))
    assert failure.code == "endpointNotFound"
    assert says in failure.advice


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ("This model's maximum context length is 4,096 tokens. However, you requested 5000", 4096),
        ("The maximum context length of x-1.5 is 32768. However", 32768),
        ("request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("exceeds the context length (n_keep: 13055>= n_ctx: 2048)", 2048),
        ("Prompt length 9000 is greater than max_seq_len 8192", 8192),
        ("The conversation exceeds the context of this model", None),
    ],
)
def test_the_context_of_the_running_server_is_named(message: str, tokens: int | None) -> None:
    failure = classify_response(400, {}, json.dumps({"error": {"message": message}}).encode(), ServerHint())
    assert (failure.code, failure.context_tokens) == ("contextLength", tokens)
    assert ("The server has room for" in failure.advice) == (tokens is not None)
    assert tokens is None or f"{tokens:,} tokens" in failure.advice


def test_a_field_that_gives_the_context_is_believed() -> None:
    body = b'{"error":{"message":"too much","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8192}}'
    failure = classify_response(400, {}, body, ServerHint("http://h.example:8080/v1"))
    assert failure.advice.startswith("The server has room for 8,192 tokens. Restart llama-server with a larger")


@pytest.mark.parametrize(
    ("kind", "detail", "origin", "says"),
    [
        ("tls", "the certificate is not trusted (self-signed certificate)", "https://h.example", "caBundle"),
        ("tls", "the certificate is not trusted (certificate has expired)", "https://h.example", "out of date"),
        ("tls", "the certificate is not trusted (Hostname mismatch)", "https://h.example", "another name"),
        ("tls", "no TLS is spoken at this port (wrong version number)", "https://h.example:8000", "http:// in place"),
        ("tls", "the certificate is not trusted (certificate has expired)", "https://myself.example", "out of date"),
        ("proxy", "the proxy answered 407", "https://h.example", "user name and password"),
        ("proxy", "the proxy cannot be reached", "https://h.example", "does not answer"),
        ("dns", "the host name cannot be resolved", "http://ollama:11434", "host.docker.internal"),
        ("dns", "the host name cannot be resolved", "https://h.example", "spelling"),
        ("refused", "nothing listens there", "http://localhost:11434", "ollama serve"),
        ("refused", "nothing listens there", "http://localhost:8080", "llama-server"),
        ("refused", "nothing listens there", "http://localhost:8000", "vllm serve"),
        ("refused", "nothing listens there", "http://localhost:1234", "lms server start"),
        ("refused", "nothing listens there", "http://127.0.0.1:9", "in WSL"),
        ("refused", "nothing listens there", "http://gpu.example:11434", "0.0.0.0"),
        ("timeout", "no connection within 10 s", "https://h.example", "timeouts.connectS"),
        ("timeout", "no answer within 600 s", "http://localhost:8080", "loading the model"),
        ("timeout", "no answer within 600 s", "https://h.example", "timeouts.firstByteS"),
        ("timeout", "nothing came for 120 s", "https://h.example", "timeouts.idleS"),
        ("timeout", "nothing came for 120 s", "http://localhost:8080", "timeouts.idleS"),
        ("timeout", "the server sent only keep-alive signals and no answer", "https://h.example", "firstByteS"),
        ("timeout", "the server sent only keep-alive signals and no answer", "http://[::1]:8080", "firstByteS"),
        ("connect", "the host cannot be reached (EHOSTUNREACH)", "https://h.example", "VPN"),
        ("protocol", "the answer is no valid HTTP (BadStatusLine)", "http://h.example", "https://"),
        ("protocol", "a header or the URL holds what HTTP does not allow", "https://h.example", "OpenAI-compatible"),
        ("redirect", "it redirects to https://x.example, which is not followed", "https://h.example", "not followed"),
    ],
)
def test_network_trouble_is_answered_by_what_it_was(kind: str, detail: str, origin: str, says: str) -> None:
    assert says in transport_failure(kind, f"{origin}: {detail}", origin).advice


@pytest.mark.parametrize(
    ("status", "message", "code", "says"),
    [
        (400, "Invalid schema for function 'x': 'oneOf' is not permitted", "badRequest", "schema of a tool"),
        (400, "tools.0.custom.input_schema.type: Field required", "badRequest", "schema of a tool"),
        (400, "Failed to initialize samplers: failed to parse grammar", "badRequest", "schema of a tool"),
        (400, "Invalid schema for function 'x': oneOf is not supported with this model", "badRequest", "report it"),
        (400, "Cannot use both json_schema and grammar", "badRequest", "grammar out of extraBody"),
        (500, "Cannot use both json_schema and grammar", "server", "grammar out of extraBody"),
        (400, "Cannot use custom grammar constraints with tools.", "badRequest", "response_format"),
        (400, "Conversation roles must alternate user/assistant", "badRequest", "start a new task"),
        (400, "tool_use ids were found without tool_result blocks", "badRequest", "start a new task"),
        (400, "Does not support assistant message prefill.", "badRequest", "start a new task"),
        (400, "Invalid `signature` in `thinking` block", "badRequest", "own reasoning back"),
        (400, "Unexpected reasoning effort high", "badRequest", "reasoningEffort"),
        (400, "Unrecognized request argument supplied: foo", "badRequest", "extraBody"),
        (400, "Invalid tool_choice type: 'object'", "badRequest", "kind of tool choice"),
        (400, "image exceeds 5 MB maximum", "badRequest", "smaller one"),
        (400, "`temperature` may only be set to 1", "badRequest", "temperature empty"),
        (400, "The model has crashed without additional information", "badRequest", "load it there by hand"),
        (404, "No endpoints found that can handle the requested parameters.", "badRequest", "everything the request"),
        (404, "The model foo is not available in your region.", "modelNotFound", "country or region"),
        (404, "Specified model not found: x. Did you mean: y?", "modelNotFound", "names the model IDs"),
        (404, "The model x has been archived", "modelNotFound", "withdrawn"),
        (403, "Model x is not available", "modelNotFound", "may not use this model"),
        (403, "Your account has been locked", "auth", "its support"),
        (403, "Only available for coding agents", "auth", "ordinary API"),
        (403, "Your request was blocked.", "auth", "firewall"),
        (429, "You have reached your weekly usage limit", "rateLimit", "limit of your plan is used up"),
        (429, "Requests per day limit exceeded", "rateLimit", "day's limit is used up"),
        (429, "Requests per minute: usage limit reached", "rateLimit", "rateLimitS"),
    ],
)
def test_what_the_words_say_is_answered_before_the_code(status: int, message: str, code: str, says: str) -> None:
    body = json.dumps({"error": {"message": message}}).encode()
    failure = classify_response(status, {}, body, ServerHint("https://h.example/v1", "m", has_key=True))
    assert failure.code == code
    assert_finished(failure.advice)
    assert says in failure.advice


def test_calls_printed_as_text_are_blamed_on_the_servers_parser() -> None:
    detail = "The model wrote a tool call as text (<tool_call>); it was not run."
    assert "--tool-call-parser" in stream_failure("toolsUnsupported", detail, ServerHint("http://h.example/v1")).advice
    assert "--jinja" in stream_failure("toolsUnsupported", detail, ServerHint(kind="llamacpp")).advice


def test_the_key_is_never_part_of_the_advice() -> None:
    hint = ServerHint(GROQ, has_key=True, key_kind="openrouter")
    body = b'{"error":{"message":"Incorrect API key provided: sk-or-v1-0123456789abcdef0123456789"}}'
    failure = classify_response(401, {}, body, hint)
    assert "0123456789" not in failure.advice + failure.detail


@pytest.mark.parametrize(
    "detail",
    ["The answer is larger than can be kept.", "The answer has more than 1024 tool calls."]
    + [f"{what} is larger than 33554432 bytes" for what in ("The answer", "a server-sent event")],
)
def test_an_answer_without_end_is_no_matter_of_the_address(detail: str) -> None:
    assert stream_failure("badStream", detail).advice == (
        "The model does not come to an end: try again, set Max Output Tokens in the model configuration, or"
        " choose another model."
    )


@pytest.mark.parametrize(
    ("detail", "advice"),
    [
        ("http://h: the compressed answer cannot be unpacked", "compresses its answers unasked or wrongly"),
        ("http://h: the answer is no valid HTTP (LineTooLong)", "breaks the rules of HTTP"),
        ("http://h: the answer is no valid HTTP (BadStatusLine)", "may need https://"),
    ],
)
def test_an_answer_that_is_no_http_is_told_from_one_that_breaks_its_rules(detail: str, advice: str) -> None:
    assert advice in transport_failure("protocol", detail, "http://h").advice


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://llm.example/v1/v1", "The base URL has /v1 twice; use https://llm.example/v1."),
        ("https://llm.example/v1beta/v1beta", "The base URL has /v1beta twice; use https://llm.example/v1beta."),
        ("https://llm.example/paas/v4/v4/x", "The base URL has /v4 twice; use https://llm.example/paas/v4/x."),
    ],
)
def test_a_step_of_the_path_that_is_there_twice_is_named(url: str, said: str) -> None:
    assert advice_for("endpointNotFound", "", ServerHint(url)) == said


def test_a_step_that_only_begins_alike_is_not_twice() -> None:
    assert "twice" not in advice_for("endpointNotFound", "", ServerHint("https://llm.example/v1/v1beta"))
