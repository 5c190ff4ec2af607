"""Error bodies of many servers have the right name and advice for that server.

The rows of `errors/bodies.jsonl` are small bodies of our own with wordings that servers are known to use.
"""

import json
from pathlib import Path

import pytest

from agentls.chat.errors.error_body import ErrorFacts, clean_text, page_text, read_error
from agentls.chat.failure import classify_response, classify_stream_error
from agentls.chat.server import ServerHint

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures" / "errors" / "bodies.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def raw(row: dict) -> bytes:
    body = row["body"]
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def name_of(row: dict) -> str:
    return f"{row['from']}-{row['status']}-{row['code']}"


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_an_error_has_its_name_and_advice(row: dict) -> None:
    server = ServerHint(row.get("url", ""), "some-model")
    failure = classify_response(row["status"], row.get("headers", {}), raw(row), server)
    assert (failure.code, failure.http_status) == (row["code"], row["status"]), failure
    assert row.get("says", "") in failure.advice


@pytest.mark.parametrize("row", [row for row in ROWS if not isinstance(row["body"], str)], ids=name_of)
def test_an_error_inside_a_stream_has_the_same_name(row: dict) -> None:
    """`stream` is the name where nothing but the HTTP status, which a stream has not, could have told more."""
    assert classify_stream_error(row["body"]).code == row.get("stream", row["code"])


def test_a_gateways_causes_are_read_in_order_with_every_label() -> None:
    raw_cause = '{"error":{"message":"inner","type":"inner_error","code":"inner_code"}}'
    body = {"error": {"message": "outer", "code": 429, "metadata": {"raw": raw_cause, "headers": {"Retry-After": "7"}}}}
    assert read_error(body) == ErrorFacts(
        message="outer: inner",
        type="inner_error",
        code="429",
        status=429,
        said="outer: inner",
        labels=("429", "inner_code", "inner_error"),
        retry_headers={"retry-after": "7"},
    )


def test_what_the_model_wrote_is_shown_and_names_nothing() -> None:
    body = {"error": {"message": "Bad call", "failed_generation": "insufficient balance"}}
    facts = read_error(body)
    assert (facts.message, facts.said) == ("Bad call: the model wrote: insufficient balance", "Bad call")
    assert classify_response(400, {}, json.dumps(body).encode(), ServerHint()).code == "badRequest"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'\xef\xbb\xbf {"detail":"d"}', "d"),
        (b'{"detail":{"error":"deep"}}', "deep"),
        (b'{"message":{"detail":[{"msg":"deeper","input":"secret text"}]}}', "deeper"),
        (b'{"errors":[{"message":"one"},{"message":"two"}]}', "one: two"),
        (b'{"error":{"message":"a whole one","more":"cut off', "a whole one"),
        (b"plain\x00 text\x1b[31m", "plain text [31m"),
        (b'event: error\ndata: {"error":"framed"}\n\n', "framed"),
        (b"[1, 2, 3]", "[1, 2, 3]"),
        (b"{}", "{}"),
        (b"", "HTTP 400 without a body"),
    ],
)
def test_a_message_is_found_in_every_envelope(body: bytes, message: str) -> None:
    assert classify_response(400, {}, body, ServerHint()).detail == message


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><title> Gone </title><p>x", "Gone"),
        ("<p>one<script>if (a<b) {}</script><b>two</b>", "one two"),
        ("<title>never closed", "never closed"),
        ("<script>" * 3, ""),
        ("a < b", "a"),
    ],
)
def test_a_page_is_its_title_or_its_text(page: str, text: str) -> None:
    assert " ".join(page_text(page).split()) == text


def test_text_is_cleaned_of_control_and_direction_characters_and_keys() -> None:
    text = "a\u202eb\ud800c\U000e0041d gsk_" + "0" * 30 + " Bearer abcdefghijklmnop"
    assert clean_text(text) == "a b c d gsk_… Bearer …"


def test_in_a_stream_the_status_is_the_one_written_inside() -> None:
    failure = classify_stream_error({"error": {"message": "Provider returned error", "code": 502}})
    assert (failure.code, failure.http_status, failure.retryable) == ("overloaded", 502, True)
    failure = classify_stream_error({"error": {"message": "x", "code": 400}})
    assert (failure.code, failure.http_status, failure.retryable) == ("badRequest", 400, False)
