"""What the numeric codes and the codes of failed turns mean, for the page.

Text only. Invariant: there is a sentence for every code and a code for every sentence; a test compares.
"""

from collections.abc import Mapping

from agentls.protocol import errors
from agentls.protocol.values import TurnErrorCode

NUMERIC_CODES: Mapping[int, str] = {
    errors.PARSE_ERROR: "The message is not JSON. The id is null.",
    errors.INVALID_REQUEST: "Not a request: a broken header or envelope, or anything but `exit` after `shutdown`.",
    errors.METHOD_NOT_FOUND: "No such method. Do not try again: it will not appear in this session.",
    errors.INVALID_PARAMS: "Params do not fit the method. `data.path` names the field.",
    errors.INTERNAL_ERROR: "A fault of the server.",
    errors.NOT_INITIALIZED: "A request before `initialize`.",
    errors.REQUEST_CANCELLED: "The client cancelled the request by `$/cancelRequest`.",
    errors.REQUEST_FAILED: "The request was understood and cannot be done. `data.code` says why.",
}

TURN_ERRORS: Mapping[TurnErrorCode, str] = {
    "auth": "The endpoint refuses the key, or wants one.",
    "modelNotFound": "The endpoint does not know the model.",
    "endpointNotFound": "There is no chat endpoint at the base URL.",
    "toolsUnsupported": "The model or its server does not do native tool calls, or prints them as text.",
    "toolCallRejected": "The endpoint refuses the tools or the messages about calls and results.",
    "contextLength": "The conversation does not fit the model's context window.",
    "rateLimit": "Too many requests or tokens in a time.",
    "quota": "The account has no credit left, or its limit is reached.",
    "contentFilter": "The endpoint's filter stopped the request or the answer.",
    "badRequest": "The endpoint refuses the request for another reason.",
    "server": "The endpoint failed.",
    "overloaded": "The endpoint is too busy.",
    "connection": "The endpoint cannot be reached.",
    "proxy": "The proxy refuses or fails.",
    "tls": "The endpoint's certificate is not accepted, or no secure connection came about.",
    "timeout": "The endpoint was silent for too long.",
    "streamBroken": "The connection ended in the middle of an answer.",
    "badStream": "The endpoint sent something that is not an answer.",
    "emptyResponse": "The answer has neither text nor calls.",
    "refusal": "The model refuses.",
    "internal": "A fault of the server.",
}
