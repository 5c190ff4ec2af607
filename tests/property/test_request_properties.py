"""Whatever the conversation, a strict host accepts it: with its preset at once, else after a few lessons."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.failure import classify_response
from agentls.chat.lessons.lesson_table import LESSONS
from agentls.chat.lessons.lessons import adapt, relearn
from agentls.chat.message import (
    AssistantMessage,
    CallMessage,
    ImagePart,
    Message,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)
from agentls.chat.presets import PRESETS
from agentls.chat.request import RequestOptions, encode_message, encode_request, fix_call_ids
from agentls.chat.schema.schema_form import object_schema
from agentls.chat.schema.tool_schema import encode_tools
from agentls.chat.server import ServerHint
from tests.support.strict_hosts import HOSTS, gemini_schema
from tests.unit.chat.test_lessons import WORDS, refusal

MOST_LESSONS = 8
HARD_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "kind": {"const": "n"}}}},
    "properties": {
        "node": {"$ref": "#/$defs/Node", "description": "where"},
        "name": {"type": ["string", "null"], "minLength": 1, "pattern": "x.*", "format": "uri"},
        "size": {"oneOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "string"}, {"type": "null"}]},
        "mode": {"type": "string", "anyOf": [{"enum": ["a", ""]}, {"enum": ["b"]}]},
        "level": {"enum": [1, 2, None]},
        "list": {"type": "array", "maxItems": 3},
    },
    "required": ["node", "gone"],
}
SEED_SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "line": {"type": "integer", "nullable": True}},
    "required": ["path"],
}


def tool(name: str, parameters: object) -> dict:
    return {"type": "function", "function": {"name": name, "description": "d", "parameters": parameters}}


TOOLS = [tool("read_file", SEED_SCHEMA), tool("hard", HARD_SCHEMA), tool("none", {}), tool("hard", SEED_SCHEMA)]

texts = st.sampled_from(["", " ", "hi", "\n\n", "a\ud83d", "x" * 50]) | st.text(max_size=8)
ids = st.sampled_from(["", "0", "1", "functions.f:0", "call_abc", "a" * 70, "日本", "aB3dE5fG7"])
arguments = st.sampled_from(["{}", '{"a":1}', "", "null", '{"a":', "[1]"])
extras = st.sampled_from([None, {"extra_content": {"google": {"thought_signature": "s"}}}, {"odd": 1, "index": 2}])
images = st.just(ImagePart("image/png", "QUJD"))
prompts = st.lists(texts.map(TextPart) | images, min_size=1, max_size=3).map(lambda parts: UserMessage(tuple(parts)))
calls = st.builds(CallMessage, ids, st.sampled_from(["read_file", "hard"]), arguments, extras)


@st.composite
def replies(draw: st.DrawFn) -> list[Message]:
    """An assistant message with its results, and their images after them, as the engine makes them."""
    made = tuple(draw(st.lists(calls, max_size=3)))
    text = draw(texts) if made else draw(texts.filter(bool))
    reasoning = draw(st.none() | texts)
    details = draw(st.none() | st.just({"reasoning_details": [{"type": "reasoning.encrypted", "data": "z"}]}))
    results: list[Message] = [ToolMessage(call.call_id, draw(texts)) for call in made]
    if made and draw(st.booleans()):
        results.append(UserMessage((TextPart("image:"), draw(images))))
    return [AssistantMessage(text, reasoning, made, details), *results]


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Prompts, several in a row at times, and replies, also several in a row; the last is not an assistant message."""
    messages: list[Message] = [SystemMessage("Be good."), *draw(st.lists(prompts, min_size=1, max_size=2))]
    for _ in range(draw(st.integers(0, 3))):
        messages += draw(replies())
        messages += draw(st.lists(prompts, max_size=2))
    if isinstance(messages[-1], AssistantMessage):
        messages.append(draw(prompts))
    return messages


def body_of(messages: list[Message], dialect: Dialect, options: RequestOptions) -> dict:
    parts = [encode_message(message, dialect) for message in fix_call_ids(messages, dialect)]
    tools = encode_tools(TOOLS, dialect)
    return json.loads(encode_request(model="m", messages=parts, tools=tools, options=options, dialect=dialect))


asked = st.builds(
    RequestOptions,
    stream=st.booleans(),
    temperature=st.sampled_from([None, 0.2]),
    max_output_tokens=st.sampled_from([None, 100]),
    tool_choice=st.sampled_from([None, "auto", "required", "read_file"]),
    prompt_caching=st.booleans(),
)
PLAIN = RequestOptions(max_output_tokens=100, prompt_caching=True)


@pytest.mark.parametrize("kind", sorted(HOSTS.keys() & PRESETS.keys() - {"nim"}))
@settings(deadline=None, max_examples=25)
@given(conversations())
def test_a_known_host_accepts_every_conversation_at_once(kind: str, messages: list[Message]) -> None:
    assert HOSTS[kind](body_of(messages, PRESETS[kind], PLAIN)) is None


@pytest.mark.parametrize("host", sorted(HOSTS))
@settings(deadline=None, max_examples=25)
@given(conversations(), asked)
def test_an_unknown_host_accepts_every_conversation_after_a_few_lessons(
    host: str, messages: list[Message], options: RequestOptions
) -> None:
    dialect = DEFAULT
    for _ in range(MOST_LESSONS + 1):
        body = body_of(messages, dialect, options)
        refused = HOSTS[host](body)
        if refused is None:
            return
        status, said = refused
        failure = classify_response(status, {}, json.dumps(said).encode(), ServerHint("https://llm.example/v1"))
        adapted = adapt(dialect, failure, lambda changed, sent=body: body_of(messages, changed, options) != sent)
        assert adapted is not None, (said, failure.code)
        dialect = adapted[0]
    pytest.fail(f"still refused: {refused}")


@settings(deadline=None)
@given(st.sampled_from(sorted(PRESETS)), st.lists(st.sampled_from(WORDS), max_size=12), st.randoms())
def test_learning_again_from_the_stored_ids_gives_the_same_dialect(
    kind: str, said: list[tuple[str, int, str]], order: random.Random
) -> None:
    dialect = PRESETS[kind]
    for _, status, words in said:
        adapted = adapt(dialect, refusal(words, status))
        if adapted is not None:
            assert adapted[0].learned > dialect.learned
            dialect = adapted[0]
    stored = list(dialect.learned)
    order.shuffle(stored)
    assert relearn(PRESETS[kind], stored) == dialect


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(LESSONS)) | st.text(max_size=9).map(lambda name: f"drop:{name}")), st.randoms())
def test_any_set_of_stored_lessons_means_one_dialect(lessons: list[str], order: random.Random) -> None:
    shuffled = [*lessons]
    order.shuffle(shuffled)
    assert relearn(DEFAULT, lessons) == relearn(DEFAULT, shuffled)


@settings(deadline=None, max_examples=25)
@given(conversations())
def test_the_bytes_of_a_message_depend_on_the_messages_before_it_only(messages: list[Message]) -> None:
    for dialect in (DEFAULT, PRESETS["mistral"]):
        whole = [encode_message(message, dialect) for message in fix_call_ids(messages, dialect)]
        for end in range(len(messages)):
            part = [encode_message(message, dialect) for message in fix_call_ids(messages[:end], dialect)]
            assert part == whole[:end]


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
references = st.sampled_from(["#", "#/$defs/A", "#/$defs/B", "#/properties/a", "#/gone", "http://x", ""])
some_schemas = st.recursive(
    scalars | st.fixed_dictionaries({"$ref": references}),
    lambda inner: st.dictionaries(
        st.sampled_from(
            [
                *("type", "properties", "items", "anyOf", "oneOf", "allOf", "$defs", "enum"),
                *("const", "required", "not", "nullable", "additionalProperties", "format", "minLength", "description"),
                *("prefixItems"),
            ]
        ),
        inner
        | st.lists(inner, max_size=3)
        | st.sampled_from(["string", "object", "array", ["string", "null"], ["integer", "string"]])
        | st.dictionaries(st.sampled_from(["a", "b", "A", "B"]), inner, max_size=3),
        max_size=5,
    ),
    max_leaves=20,
)
dialects = st.builds(
    Dialect,
    schema_form=st.sampled_from(["full", "plain", "bare"]),
    null_form=st.sampled_from(["as_is", "nullable", "none"]),
    schema_refused=st.sets(st.sampled_from(["oneOf", "$ref", "const", "pattern", "allOf"])).map(frozenset),
)


@settings(deadline=None, max_examples=300)
@given(some_schemas, dialects)
def test_any_schema_becomes_an_object_schema(schema: object, dialect: Dialect) -> None:
    written = object_schema(schema, dialect)
    json.dumps(written)
    assert written["type"] == "object"
    assert isinstance(written["properties"], dict)
    assert not {"anyOf", "oneOf", "allOf", "$ref"} & written.keys()


@settings(deadline=None, max_examples=300)
@given(some_schemas)
def test_any_schema_in_the_plain_form_is_one_that_gemini_takes(schema: object) -> None:
    assert gemini_schema({"tools": [tool("f", object_schema(schema, PRESETS["gemini"]))]}) is None
