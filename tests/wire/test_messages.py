"""JSON and JSON-RPC: what is no message, what is an odd one, what must survive (rows B023 to B042)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.peer import Json, Peer

DEEP = 100_000
PROVIDER = {"id": "p", "name": "P", "baseUrl": "http://127.0.0.1:1/v1", "modelId": "m"}


def echoed(peer: Peer, extra: Json) -> Any:
    """What becomes of a free object on its way through params, model and result."""
    answer = peer.request("agent/provider/set", {"provider": {**PROVIDER, "extraBody": extra}})
    return answer["result"]["provider"]["extraBody"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', id="invalid UTF-8 (B023)"),
        pytest.param('{"jsonrpc":"2.0"}'.encode("utf-16"), id="UTF-16 with a mark (B025)"),
        pytest.param('{"jsonrpc":"2.0"}'.encode("utf-16-le"), id="UTF-16 (B025)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x"', id="truncated (B026)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x",}', id="trailing comma (B026)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x"} x', id="trailing garbage (B026)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":NaN}}', id="NaN (B027)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":-Infinity}}', id="Infinity (B027)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1e999}}', id="1e999 (B027)"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, id="deep arrays (B028)"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="deep objects (B028)"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":%b}}' % (b"9" * 5000), id="digits (B029)"),
        pytest.param(b"", id="blanks only"),
    ],
)
def test_a_body_that_is_no_json_is_a_parse_error(shared: Peer, body: bytes) -> None:
    """B023 B025 B026 B027 B028 B029"""
    shared.send(body or b"   ")
    answer = shared.answer(None)
    assert (answer["id"], answer["error"]["code"]) == (None, -32700)


def test_a_byte_order_mark_is_accepted(shared: Peer) -> None:
    """B024"""
    shared.send(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":"bom","method":"agent/task/list"}')
    assert shared.answer("bom")["result"] == {"data": []}


def test_a_nan_of_ours_never_goes_out(bare: Peer) -> None:
    """B027 (with the fake engine: no event of the real one has a number that could be one)"""
    bare.request("agent/task/start", {"prompt": "number"})
    assert bare.event("agent/notice")["value"] is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"agent/task/list","id":2}',
        b'{"jsonrpc":"2.0","id":1,"method":"agent/task/list","i\\u0064":1}',
    ],
)
def test_two_ids_in_one_message_are_refused(shared: Peer, body: bytes) -> None:
    """B030"""
    shared.send(body)
    assert shared.answer(None)["error"]["code"] == -32600


def test_an_id_inside_the_params_is_not_a_second_one(shared: Peer) -> None:
    """B030"""
    extra = {"id": 1, "more": [{"id": 2}]}
    assert echoed(shared, extra) == extra


def test_a_lone_surrogate_comes_back_as_its_escape(bare: Peer) -> None:
    """B031 (with the fake engine: the real one echoes no text of a request that it does not store)"""
    text = "a\ud800b"
    answer = bare.request("agent/question/respond", {"questionId": "q", "answer": text})
    assert answer["result"]["uri"] == text
    assert bare.event("agent/notice")["message"] == text


def test_a_lone_surrogate_is_replaced_where_it_is_stored_and_sent(fresh: Peer, work: Path) -> None:
    """B031"""
    with EndpointThread(Script(then=Text(text="Done."))) as endpoint:
        fresh.open(work, endpoint.provider)
        task_id = fresh.start("a\ud800b")
        assert fresh.event("agent/prompt")["content"] == [{"type": "text", "text": "a\ufffdb"}]
        assert fresh.rested()["status"] == "completed"
        assert endpoint.requests[0].messages[-1]["content"] == "a\ufffdb"
        (again, *_) = fresh.request("agent/task/events", {"taskId": task_id})["result"]["events"]
        assert again["params"]["content"] == [{"type": "text", "text": "a\ufffdb"}]


def test_an_id_with_a_lone_surrogate_is_no_id(shared: Peer) -> None:
    """B031"""
    error = shared.request("agent/task/get", {"taskId": "a\ud800b"})["error"]
    assert (error["code"], error["data"]) == (-32602, {"path": "taskId"})


def test_control_characters_are_data(shared: Peer) -> None:
    """B032"""
    extra = {"a": "\x00\x01\x1f\x7f\u2028"}
    assert echoed(shared, extra) == extra
    body = json.dumps({"provider": {**PROVIDER, "extraBody": {"raw": "a-b"}}}).encode().replace(b"a-b", b"a\x01b")
    shared.send(b'{"jsonrpc":"2.0","id":"raw","method":"agent/provider/set","params":%b}' % body)
    assert shared.answer("raw")["result"]["provider"]["extraBody"] == {"raw": "a\x01b"}


@pytest.mark.parametrize("body", [b"1", b"null", b'"x"', b"true", b"{}", b"[]", b'[{"jsonrpc":"2.0","id":1}]'])
def test_a_body_that_is_no_message_is_refused(shared: Peer, body: bytes) -> None:
    """B033 B034"""
    shared.send(body)
    answer = shared.answer(None)
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


@pytest.mark.parametrize("version", [{}, {"jsonrpc": "1.0"}, {"jsonrpc": 3}, {"jsonrpc": None}])
def test_another_version_is_refused_with_the_id(shared: Peer, version: Json) -> None:
    """B035"""
    shared.send({**version, "id": "v", "method": "agent/task/list"})
    assert shared.answer("v")["error"]["code"] == -32600


@pytest.mark.parametrize("message_id", [None, True, 1.5, {}, [], 2**80, -(2**60), "x" * 10_240, "é" * 200])
def test_an_id_that_is_none_is_refused(shared: Peer, message_id: Any) -> None:
    """B036"""
    shared.send({"jsonrpc": "2.0", "id": message_id, "method": "agent/task/list"})
    answer = shared.answer(None)
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


@pytest.mark.parametrize("message_id", [0, -1, 2**53, "", "x" * 256])
def test_an_odd_id_is_an_id(shared: Peer, message_id: Any) -> None:
    """B036"""
    assert shared.request("agent/task/list")
    assert shared.begin("agent/task/list", {}, message_id) == message_id
    assert shared.answer(message_id)["result"] == {"data": []}


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 77, "result": 1, "error": {"code": 1, "message": "x"}},
        {"jsonrpc": "2.0", "id": 77, "result": None},
        {"jsonrpc": "2.0", "id": "77", "error": {"code": "text", "message": 1}},
        {"jsonrpc": "2.0", "id": None, "result": 1},
        {"jsonrpc": "2.0", "id": [], "error": None},
        {"jsonrpc": "1.0", "id": 1, "result": 1},
    ],
)
def test_an_answer_nobody_asked_for_is_ignored(shared: Peer, message: Json) -> None:
    """B037 B047 B048"""
    before = len(shared.frames)
    shared.send(message)
    assert shared.is_alive()
    assert len(shared.frames) == before + 1


@pytest.mark.parametrize("method", [{}, {"method": None}, {"method": 5}, {"method": ""}, {"method": "m" * 10_000_000}])
def test_a_method_that_is_none_is_refused_with_the_id(shared: Peer, method: Json) -> None:
    """B038"""
    shared.send({"jsonrpc": "2.0", "id": "m", **method, "params": {}})
    answer = shared.answer("m")
    assert answer["error"]["code"] == -32600
    assert len(json.dumps(answer)) < 300


@pytest.mark.parametrize("method", ["agent/none", "agent/task/none", "textDocument/none", "$/none", "x", "agent/"])
def test_an_unknown_request_is_answered_with_a_short_hint(shared: Peer, method: str) -> None:
    """B039"""
    error = shared.request(method, {})["error"]
    assert error["code"] == -32601
    assert len(error["data"]["supported"]) <= 8
    assert ("agent/task/start" in error["data"]["supported"]) == (method == "agent/task/none")


@pytest.mark.parametrize("method", ["agent/none", "textDocument/none", "$/none", "agent/task/list"])
def test_an_unknown_notification_is_met_with_silence(shared: Peer, method: str) -> None:
    """B039"""
    before = len(shared.frames)
    shared.notify(method, {})
    assert shared.is_alive()
    assert len(shared.frames) == before + 1


@pytest.mark.parametrize(
    ("params", "path"),
    [
        (None, "prompt"),
        ({}, "prompt"),
        ([], "params"),
        (5, "params"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "x", "mode": "never"}, "mode"),
        ({"prompt": "x", "providerId": 5}, "providerId"),
        ({"prompt": [{"type": "text", "text": 5}]}, "prompt[0].text"),
    ],
)
def test_bad_params_are_named_by_their_path(shared: Peer, params: Any, path: str) -> None:
    """B040"""
    error = shared.request("agent/task/start", params)["error"]
    assert (error["code"], error["data"]) == (-32602, {"path": path})


def test_an_unknown_field_of_a_provider_is_named(shared: Peer) -> None:
    """B040"""
    error = shared.request("agent/provider/set", {"provider": {**PROVIDER, "modelID": "typo"}})["error"]
    assert (error["code"], error["data"]) == (-32602, {"path": "provider.modelID"})


def test_an_unknown_field_elsewhere_is_ignored(shared: Peer) -> None:
    """B040"""
    params = {"limit": 3, "whatever": 1, "_meta": {}, "workDoneToken": 1}
    assert "result" in shared.request("agent/task/list", params)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        (
            {"provider": {"id": "q", "name": "Q", "base_url": "http://127.0.0.1:1/v1", "modelId": "m"}},
            "provider.baseUrl",
        ),
        ({"provider": {**PROVIDER, "allow_insecure_http": True}}, "provider.allow_insecure_http"),
        ({"provider": {**PROVIDER, "extraBody": {"a": "\ud800"}}}, "provider.extraBody"),
        ({"provider": {**PROVIDER, "extraBody": json.loads('{"a":' * 100 + "1" + "}" * 100)}}, "provider.extraBody"),
    ],
)
def test_only_the_spelling_and_the_shapes_of_the_wire_count(shared: Peer, params: Json, path: str) -> None:
    """B040"""
    error = shared.request("agent/provider/set", params)["error"]
    assert (error["code"], error["data"]) == (-32602, {"path": path})


def test_null_is_the_same_as_absent(shared: Peer) -> None:
    """Contract: null on input means absent."""
    provider = {**PROVIDER, "temperature": None, "model": {"maxOutputTokens": None}, "timeouts": None}
    assert (
        shared.request("agent/provider/set", {"provider": provider})["result"]
        == shared.request("agent/provider/set", {"provider": PROVIDER})["result"]
    )


@pytest.mark.parametrize(
    "extra",
    [
        {"type_name": 1, "class": 2, "-n": 3, "a b": 4, "": 5, "_0": 6, "__proto__": 7},
        {"jsonrpc": "2.0", "id": 1, "method": "shutdown", "params": {"jsonrpc": "2.0", "result": [1]}},
    ],
)
def test_free_json_keeps_every_key(shared: Peer, extra: Json) -> None:
    """B041 B042"""
    assert echoed(shared, extra) == extra
