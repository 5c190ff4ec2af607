"""Bodies to messages without a process; the wire tests name the rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.lsp.messages import (
    Ignored,
    MessageFault,
    Notification,
    Reply,
    Request,
    encode_json,
    read_message,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
BAD_ID = "id must be a string of at most 256 bytes or an integer in 2^53"
MESSAGE_TYPES = (Request, Notification, Reply, MessageFault, Ignored)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_every_body_gives_exactly_one_message(body: bytes) -> None:
    assert isinstance(read_message(body), MESSAGE_TYPES)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5), st.booleans())
def test_params_stay_what_was_sent(params: dict[str, Any], ascii_only: bool) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "m", "params": params}
    body = json.dumps(message, ensure_ascii=ascii_only).encode("utf-8", "replace")
    expected = json.loads(body)["params"]
    assert read_message(body) == Request(1, "m", expected)


@given(st.text(st.characters(), max_size=20))
def test_what_we_encode_is_json_that_says_the_same(text: str) -> None:
    assert json.loads(encode_json({"text": text})) == {"text": text}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"method": "m"}, Notification("m", None)),
        ({"id": 1, "method": "m", "params": None}, Request(1, "m", None)),
        ({"id": "s", "result": None}, Reply("s", None, None)),
        ({"id": 1, "error": {"code": "odd"}}, Reply(1, None, {"code": "odd"})),
        ({"id": 1, "result": 1, "error": 2}, Reply(1, 1, 2, valid=False)),
        ({"id": None, "method": "m"}, MessageFault(-32600, BAD_ID)),
        ({"id": 1}, MessageFault(-32600, "method must be a short, non-empty string", 1)),
        ({"id": True, "result": 1}, Ignored("an answer with a bad id or version")),
    ],
)
def test_a_message_is_told_by_its_keys(message: dict[str, Any], expected: object) -> None:
    assert read_message(json.dumps({"jsonrpc": "2.0", **message}).encode()) == expected


def test_an_error_that_is_null_is_none() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":{"applied":true},"error":null}'
    assert read_message(body) == Reply(1, {"applied": True}, None)
    assert read_message(body.replace(b"null", b"{}")) == Reply(1, {"applied": True}, {}, valid=False)


def test_what_a_message_carries_is_not_in_its_repr() -> None:
    """A loop that logs what it could not call prints the repr."""
    messages = [Request(1, "m", "sk-1"), Notification("m", "sk-1"), Reply(1, "sk-1", "sk-1")]
    assert [str(message) for message in messages if "sk-1" in repr(message)] == []
