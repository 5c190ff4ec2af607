"""Argument text to fields, piece by piece."""

import json

import pytest

from agentls.chat.arguments import ArgumentFields
from agentls.chat.field import Field
from tests.unit.chat.told import apply


def fields_of(*pieces: str) -> list[Field]:
    machine = ArgumentFields()
    return [one for piece in pieces for one in machine.feed(piece)]


def test_a_string_grows_and_a_scalar_comes_whole() -> None:
    assert fields_of('{"path": "a', ".py", '", "line": 1', "2, ", '"last":true}') == [
        Field(("path",), "a"),
        Field(("path",), ".py"),
        Field(("line",), None, 12),
        Field(("last",), None, True),
    ]


def test_nested_values_have_their_path() -> None:
    assert fields_of('{"todos":[{"text":"a","done":false},{"text":"b"}],"o":{"p":null}}') == [
        Field(("todos", 0, "text"), "a"),
        Field(("todos", 0, "done"), None, False),
        Field(("todos", 1, "text"), "b"),
        Field(("o", "p"), None, None),
    ]


def test_empty_values_are_told_too() -> None:
    assert fields_of('{"s":"","l":[],"o":{}}') == [Field(("s",), ""), Field(("l",), None, []), Field(("o",), None, {})]


def test_an_escape_may_be_cut_anywhere() -> None:
    text = '{"s":"a\\n\\u00e9\\ud83d\\ude00\\"z"}'
    assert apply(fields_of(*text)) == {"s": 'a\né😀"z'}


def test_a_lone_half_of_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert apply(fields_of('{"s":"\\ud83d', 'x","t":"\\ude00"}')) == {"s": "\ufffdx", "t": "\ufffd"}


def test_the_last_of_two_values_for_one_key_counts() -> None:
    assert apply(fields_of('{"a":"x","a":"y","b":[1],"b":[2]}')) == {"a": "y", "b": [2]}


def test_the_object_is_closed_at_its_last_brace() -> None:
    machine = ArgumentFields()
    machine.feed('  {"a":{"b":1}')
    assert not machine.closed
    machine.feed("} rubbish } {")
    assert machine.closed
    assert (machine.opened_at, machine.closed_at, machine.empty) == (2, 15, False)


def test_an_object_after_an_empty_one_takes_its_place() -> None:
    machine = ArgumentFields()
    assert machine.feed("{}") == []
    assert machine.closed
    assert machine.empty
    assert machine.feed('{"a":1}') == [Field(("a",), None, 1)]
    assert (machine.opened_at, machine.closed_at, machine.empty) == (2, 9, False)


@pytest.mark.parametrize(
    "text", ["[1]", '"x"', "nonsense", '{"a" 1}', "{,}", '{"a":}', '{"a":1]', '{"a":nul}', "{1:2}"]
)
def test_what_is_no_object_breaks_and_never_raises(text: str) -> None:
    machine = ArgumentFields()
    for mark in text:
        machine.feed(mark)
    machine.feed('{"a":1}')
    assert machine.broken
    assert not machine.closed


def test_deep_nesting_stops_the_telling_not_the_server() -> None:
    machine = ArgumentFields()
    assert machine.feed('{"a":' + "[" * 100_000) == []
    assert machine.broken


def test_a_long_string_in_small_pieces_rebuilds() -> None:
    value = {"path": "x", "content": 'line "quoted"\\\n\u2028' * 500}
    text = json.dumps(value)
    assert apply(fields_of(*(text[at : at + 4] for at in range(0, len(text), 4)))) == value
