"""Bodies of answers: a result or an error for one id, ready for the outbox.

Knows JSON-RPC's shapes; knows no method. Invariant: an error names a code, a short sentence and data a
client can use, never a traceback, a path of the server or a value the client sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentls.lsp.messages import MessageId, encode_json
from agentls.protocol.errors import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REQUEST_FAILED,
    InvalidParams,
    RequestFailed,
)

_INTERNAL_MESSAGE = "internal error; the server's log says more"


class UnknownMethod(Exception):
    """A method or command that nobody serves; `supported` is a short hint. Answered with -32601."""

    def __init__(self, supported: list[str]) -> None:
        super().__init__("unknown method")
        self.supported = supported


def result_body(message_id: MessageId, result: bytes) -> bytes:
    """The answer with a result that is JSON already."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (encode_json(message_id), result)


def error_body(message_id: MessageId | None, code: int, message: str, data: Mapping[str, Any] | None = None) -> bytes:
    """The answer with an error; a null id when the request's own could not be read."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data:
        error["data"] = data
    return encode_json({"jsonrpc": "2.0", "id": message_id, "error": error})


def failure_body(message_id: MessageId, error: BaseException) -> bytes:
    """The answer to a request that raised."""
    match error:
        case InvalidParams():
            return error_body(message_id, INVALID_PARAMS, error.message, {"path": error.path})
        case RequestFailed():
            data = {"code": error.code, "advice": error.advice, "retryable": error.retryable}
            return error_body(message_id, REQUEST_FAILED, error.message, data)
        case UnknownMethod():
            return error_body(message_id, METHOD_NOT_FOUND, "unknown method", {"supported": error.supported})
        case _:
            return error_body(message_id, INTERNAL_ERROR, _INTERNAL_MESSAGE)


def params_object(params: Any) -> dict[str, Any]:
    """The params of a method that takes an object; absent is the empty one. Raises InvalidParams."""
    if params is None:
        return {}
    if type(params) is not dict:
        raise InvalidParams("params must be an object", "params")
    return params


def model_json(model: Any) -> bytes:
    """A pydantic result as it goes on the wire: by alias, without what is absent. bytes are JSON already."""
    if isinstance(model, bytes):
        return model
    try:
        dumped: str = model.model_dump_json(by_alias=True, exclude_none=True)
    except ValueError:
        # A lone surrogate (B031): pydantic's own encoder refuses it, ours writes its escape.
        return encode_json(model.model_dump(by_alias=True, exclude_none=True))
    return dumped.encode()
