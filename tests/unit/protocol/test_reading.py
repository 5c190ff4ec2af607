"""Plain JSON to models: what counts as absent, what is refused, and what a refusal says."""

import json
import subprocess
import sys
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentls.protocol import events as e
from agentls.protocol.errors import REQUEST_ERRORS, InvalidParams, RequestFailed, wire_path
from agentls.protocol.provider_requests import ProviderSetKeyParams, ProviderSetParams
from agentls.protocol.reading import read_params
from agentls.protocol.registry import REQUESTS
from agentls.protocol.task_requests import TaskListParams, TaskStartParams
from agentls.protocol.values import Block, FieldUpdate, TextBlock, blocks_of
from agentls.protocol.wire import Wire

PROVIDER: dict[str, object] = {"id": "p", "name": "P", "baseUrl": "http://localhost/v1", "modelId": "m"}

W = TypeVar("W", bound=Wire)
JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def refusal(method: str, params: object) -> tuple[str, str]:
    with pytest.raises(InvalidParams) as refused:
        read_params(REQUESTS[method].params, params)
    return refused.value.path, refused.value.message


def outcome(model: type[W], params: object) -> W | InvalidParams:
    try:
        return read_params(model, params)
    except InvalidParams as refused:
        return refused


def test_null_means_absent_at_every_level() -> None:
    params = read_params(
        ProviderSetParams,
        {"provider": {**PROVIDER, "temperature": None, "streaming": None, "timeouts": {"idleS": 5, "connectS": None}}},
    )
    assert params == read_params(ProviderSetParams, {"provider": {**PROVIDER, "timeouts": {"idleS": 5}}})
    assert (params.provider.streaming, params.provider.timeouts.connect_s) == (True, 10)


def test_null_in_free_json_stays() -> None:
    params = read_params(ProviderSetParams, {"provider": {**PROVIDER, "extraBody": {"stop": None, "a": [None]}}})
    assert json.loads(params.model_dump_json(by_alias=True, exclude_none=True))["provider"]["extraBody"] == {
        "stop": None,
        "a": [None],
    }


def test_absent_params_are_an_empty_object() -> None:
    assert read_params(TaskListParams, None) == TaskListParams()


def test_meta_and_work_done_token_are_allowed_everywhere() -> None:
    extra = {"_meta": {"a": 1}, "workDoneToken": "t"}
    params = read_params(ProviderSetParams, {"provider": {**PROVIDER, **extra}, **extra})
    assert params == read_params(ProviderSetParams, {"provider": PROVIDER})


def test_unknown_fields_are_ignored_elsewhere() -> None:
    assert read_params(TaskStartParams, {"prompt": "hi", "colour": 1}) == TaskStartParams(prompt="hi")


def test_plain_text_and_blocks_mean_the_same() -> None:
    blocks: list[Block] = [TextBlock(text="hi")]
    assert blocks_of("hi") == blocks_of(blocks) == blocks


@pytest.mark.parametrize(
    ("method", "params", "path", "message"),
    [
        ("agent/provider/set", {}, "provider", "provider is required"),
        ("agent/provider/set", {"provider": None}, "provider", "provider is required"),
        ("agent/provider/set", {"provider": 3}, "provider", "provider must be an object"),
        ("agent/provider/set", [], "", "params must be an object"),
        (
            "agent/provider/set",
            {"provider": {**PROVIDER, "colour": "red"}},
            "provider.colour",
            "provider.colour is not a known field",
        ),
        (
            "agent/provider/set",
            {"provider": {**PROVIDER, "base_url": "x"}},
            "provider.base_url",
            "provider.base_url is not a known field",
        ),
        (
            "agent/provider/set",
            {"provider": {**PROVIDER, "apiKey": "x"}},
            "provider.apiKey",
            "provider.apiKey is not a known field; a key is set by agent/provider/setKey",
        ),
        (
            "agent/provider/set",
            {"provider": {**PROVIDER, "model": {"maxOutputTokens": -1}}},
            "provider.model.maxOutputTokens",
            "provider.model.maxOutputTokens is invalid: should be greater than or equal to 1",
        ),
        (
            "agent/provider/set",
            {"provider": {**PROVIDER, "streaming": 1}},
            "provider.streaming",
            "provider.streaming must be true or false",
        ),
        ("agent/task/start", {"prompt": 5}, "prompt", "prompt must be a string"),
        (
            "agent/task/start",
            {"prompt": []},
            "prompt",
            "prompt is invalid: List should have at least 1 item after validation, not 0",
        ),
        ("agent/task/start", {"prompt": [{"type": "text"}]}, "prompt[0].text", "prompt[0].text is required"),
        (
            "agent/task/start",
            {"prompt": [{"type": "secret-tag"}]},
            "prompt[0]",
            "prompt[0] must have one of these types: 'text', 'image', 'file', 'diagnostics'",
        ),
        ("agent/task/start", {"prompt": [{}]}, "prompt[0]", "prompt[0] must be an object with a type"),
        (
            "agent/task/start",
            {"prompt": [{"type": "image", "mimeType": "image/png", "uri": "file:///a", "data": "AA=="}]},
            "prompt[0]",
            "prompt[0] is invalid: exactly one of uri and data is needed",
        ),
        (
            "agent/approval/respond",
            {"approvalId": "a", "decision": "maybe"},
            "decision",
            "decision is invalid: should be 'allow', 'allowForTask', 'allowUnsandboxed' or 'deny'",
        ),
        ("agent/turn/interrupt", {"taskId": 7}, "taskId", "taskId must be a string"),
        ("agent/task/events", {"taskId": "t", "sinceSeq": 1.5}, "sinceSeq", "sinceSeq must be a whole number"),
    ],
)
def test_a_refusal_names_the_field(method: str, params: object, path: str, message: str) -> None:
    assert refusal(method, params) == (path, message)


def test_a_refused_key_is_not_in_the_refusal_nor_in_a_repr() -> None:
    with pytest.raises(InvalidParams) as refused:
        read_params(ProviderSetKeyParams, {"id": 3, "apiKey": "hunter2"})
    assert refused.value.path == "id"
    assert "hunter2" not in f"{refused.value!r} {refused.value.message}"
    assert refused.value.__suppress_context__
    assert "hunter2" not in repr(read_params(ProviderSetKeyParams, {"id": "p", "apiKey": "hunter2"}))


@settings(max_examples=60)
@given(st.sampled_from(sorted(REQUESTS)), st.data())
def test_any_json_gives_a_model_or_a_refusal(method: str, data: st.DataObject) -> None:
    model = REQUESTS[method].params
    names = [field.alias or name for name, field in model.model_fields.items()]
    params = data.draw(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON)))
    result = outcome(model, params)
    assert len(result.path) <= 200 if isinstance(result, InvalidParams) else isinstance(result, model)


def test_deep_json_is_taken_or_refused_but_never_more() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    for params in ({"prompt": deep}, {"provider": {**PROVIDER, "extraBody": {"a": deep}}}, deep):
        for method in ("agent/task/start", "agent/provider/set"):
            model = REQUESTS[method].params
            assert isinstance(outcome(model, params), (model, InvalidParams))


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ((), ""),
        (("a", "b"), "a.b"),
        (("a", 0, 1, "b"), "a[0][1].b"),
        (("prompt", "list[tagged-union[x]]", 2, "text", "text"), "prompt[2].text"),
        (("x" * 500,), "x" * 200),
    ],
)
def test_a_location_becomes_a_path(loc: tuple[int | str, ...], path: str) -> None:
    assert wire_path(loc) == path


def test_a_failed_request_takes_what_is_not_given_from_the_table() -> None:
    row = REQUEST_ERRORS["turn.active"]
    failed = RequestFailed("turn.active")
    assert (failed.message, failed.advice, failed.retryable) == (row.title, row.advice, row.retryable)
    told = RequestFailed("turn.active", "m", "a", retryable=False)
    assert (told.message, told.advice, told.retryable, str(told)) == ("m", "a", False, "m")


def test_null_among_arguments_is_sent() -> None:
    ready = e.ToolCallReady(call_id="c", name="n", arguments={"end": None}, title="t", kind="read", locations=[])
    assert json.loads(ready.model_dump_json(by_alias=True, exclude_none=True))["arguments"] == {"end": None}
    update = FieldUpdate(path=["a", 0], append="x")
    assert update.model_dump(by_alias=True, exclude_none=True) == {"path": ["a", 0], "append": "x"}


def test_the_registry_is_known_before_pydantic_is_loaded() -> None:
    code = (
        "import sys; from agentls.protocol import commands, errors, registry; "
        "print(len(registry.REQUESTS), 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{len(REQUESTS)} False\n"
