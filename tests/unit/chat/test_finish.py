"""Finish reasons: what each word means, and which of several counts."""

import json

import pytest

from tests.unit.chat.told import tell


def body(*reasons: str | None) -> bytes:
    chunks = [{"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": reason}]} for reason in reasons]
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


@pytest.mark.parametrize("word", ["abort", "aborted", "Abort", "ABORTED", "cancelled", "error", "network_error"])
def test_an_answer_that_was_given_up_by_the_server_is_an_error(word: str) -> None:
    told = tell(body(word))
    assert (told.text, told.finished) == ("a", None)
    assert told.failed is not None
    assert (told.failed.failure.code, told.failed.failure.retryable) == ("streamBroken", True)


@pytest.mark.parametrize("words", [("abort", "stop"), ("stop", "abort"), ("length", "aborted"), ("abort", None)])
def test_an_error_outranks_every_other_reason_whatever_the_order(words: tuple[str | None, ...]) -> None:
    told = tell(body(*words))
    assert told.finished is None
    assert told.failed is not None
    assert told.failed.failure.code == "streamBroken"
