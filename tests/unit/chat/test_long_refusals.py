"""What a refusal is about may stand far behind what is shown of it, in a list with an entry per kind of message."""

import json

from agentls.chat.dialect import DEFAULT
from agentls.chat.failure import classify_response
from agentls.chat.lessons.lessons import adapt
from agentls.chat.server import ServerHint

_ROLE = "{'type': 'literal_error', 'loc': ('body', 'messages', 2, 'Request%sMessage', 'role'), 'input': 'assistant'}"
_CONTENT = (
    "{'type': 'string_type', 'loc': ('body', 'messages', 2, 'RequestAssistantMessage', 'content'), "
    "'msg': 'Input should be a valid string', 'input': None}"
)


def test_a_server_error_that_lists_validation_errors_is_the_requests_and_teaches() -> None:
    said = "\n".join(["9 validation errors:", *(_ROLE % role for role in ("System", "User") * 4), _CONTENT])
    body = json.dumps({"error": {"message": said, "type": "internal_server_error", "code": None}}).encode()
    failure = classify_response(500, {}, body, ServerHint("http://127.0.0.1:8000/v1", "tiny"))
    adapted = adapt(DEFAULT, failure)

    assert (failure.code, failure.retryable, len(failure.detail)) == ("badRequest", False, 500)
    assert "valid string" not in failure.detail
    assert adapted is not None
    assert adapted[0].empty_content == "empty"
