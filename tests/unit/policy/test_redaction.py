"""Row B136: a secret is masked in the spellings in which it usually leaks."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.policy.redact import MASK, RedactedStream, Redactor

SECRET = 'sk-a/B+c"d\\é 1?=&xyz'
SECRETS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=6, max_size=30)
SAFE = st.text("01 \n", max_size=20)


def basic(prefix: str, secret: str) -> str:
    return base64.b64encode(f"{prefix}{secret}tail".encode()).decode()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower() if SECRET.islower() else quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_every_form_is_masked(form: str) -> None:
    masked = Redactor([SECRET]).mask(f"before {form} after")

    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked
    assert form not in masked


@pytest.mark.parametrize("prefix", ["", "u", "us", "use", "user:"])
def test_a_secret_inside_longer_base64_is_masked(prefix: str) -> None:
    secret = "sk-0123456789abcdef"

    masked = Redactor([secret]).mask(basic(prefix, secret))

    assert MASK in masked
    assert basic(prefix, secret)[8:24] not in masked


def test_short_and_empty_secrets_are_left_alone() -> None:
    assert Redactor(["", "   ", "abc"]).mask("abc   def") == "abc   def"


def test_no_secrets_change_nothing() -> None:
    assert Redactor([]).mask("text") == "text"


def test_the_longer_of_two_secrets_wins() -> None:
    assert Redactor(["key1", "key1-long"]).mask("key1-long key1") == f"{MASK} {MASK}"


def test_a_redactor_shows_no_secret() -> None:
    assert SECRET not in repr(Redactor([SECRET]))


@given(secret=SECRETS, before=SAFE, after=SAFE)
def test_no_planted_secret_survives(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])

    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert form not in redactor.mask(before + form + after).replace(MASK, "")


@given(data=st.data(), before=SAFE, after=SAFE)
def test_a_secret_cut_anywhere_is_still_masked_in_a_stream(data: st.DataObject, before: str, after: str) -> None:
    secret = "sk-secret-key"
    text = f"{before}{secret}{after}"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    stream = RedactedStream(Redactor([secret]))

    pieces = [stream.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    pieces.append(stream.close())

    assert "".join(pieces) == f"{before}{MASK}{after}"


@pytest.mark.parametrize(
    ("cut", "shown"),
    [
        ("bad key sk-canary-0123…", "bad key [redacted]…"),
        ("bad key sk-canary-0123… (attempts used up)", "bad key [redacted]… (attempts used up)"),
        ("bad key sk-canary-0123", "bad key sk-canary-0123"),
        ("all of sk-canary-0123456789 and sk-c…", "all of [redacted] and sk-c…"),
        ("… nothing … at all…", "… nothing … at all…"),
    ],
)
def test_the_beginning_of_a_secret_that_a_cut_left_is_masked(cut: str, shown: str) -> None:
    assert Redactor(["sk-canary-0123456789"]).mask_cut(cut) == shown
