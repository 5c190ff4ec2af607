"""Refuses what a strict endpoint refuses, in the words and the error shape of OpenAI's.

Must not know sockets or scripts. Total: any JSON gives None or one refusal.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from agentls.world.scripted.replies import HttpError

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def error(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
) -> HttpError:
    """Return an error reply in OpenAI's shape."""
    return HttpError(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


def refuse_key(authorization: str, expected: str) -> HttpError | None:
    """Return the 401 for a missing or wrong key."""
    if not authorization:
        return error(401, "You didn't provide an API key. Use Bearer auth in an Authorization header.")
    if authorization != f"Bearer {expected}":
        given = authorization.removeprefix("Bearer ")
        shown = f"{given[:3]}***{given[-2:]}" if len(given) > 8 else "***"
        return error(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")
    return None


def refuse_request(body: object, models: Collection[str]) -> HttpError | None:
    """Return the refusal of a request for a completion, or None where it is well-formed."""
    if not isinstance(body, dict):
        return error(400, "We could not parse the JSON body of your request.")
    for name in ("model", "messages"):
        if name not in body:
            return error(
                400,
                f"Missing required parameter: '{name}'.",
                param=name,
                code="missing_required_parameter",
            )
    model = body["model"]
    if model not in models:
        return error(
            404,
            f"The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        )
    messages = body["messages"]
    if not isinstance(messages, list) or not messages:
        return error(400, "Invalid 'messages': expected a non-empty array.", param="messages")
    return _refuse_tools(body.get("tools")) or refuse_messages(messages)


def refuse_messages(messages: Sequence[object]) -> HttpError | None:
    """Hold the conversation to the rule: every tool call has exactly one tool message right after it."""
    waiting: list[str] = []
    answered: list[str] = []
    for index, message in enumerate(messages):
        where = f"messages.[{index}]"
        if not isinstance(message, dict):
            return error(400, f"Invalid type for '{where}': expected an object.", param=where)
        role = message.get("role")
        if role != "user" and _has_image(message):
            return error(
                400,
                f"Invalid '{where}'. Image URLs are only allowed for messages with role 'user', but this message with"
                f" role '{role}' contains an image URL.",
                param=where,
                code="invalid_value",
            )
        if role == "tool":
            call_id = message.get("tool_call_id")
            if call_id in answered:
                return error(400, f"Duplicate tool message for tool_call_id {call_id}.", param=f"{where}.role")
            if call_id not in waiting:
                return error(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message"
                    " with 'tool_calls'.",
                    param=f"{where}.role",
                )
            waiting.remove(call_id)
            answered.append(call_id)
            if not isinstance(message.get("content"), str | list):
                return error(400, f"Invalid value for '{where}.content': expected a string.", param=where)
            continue
        if waiting:
            return _unanswered(waiting, where)
        refusal = _refuse_plain(role, message, where)
        if refusal is not None:
            return refusal
        calls = message.get("tool_calls") if role == "assistant" else None
        answered = []
        waiting = [call["id"] for call in calls] if isinstance(calls, list) else []
    return _unanswered(waiting, f"messages.[{len(messages)}]") if waiting else None


def _has_image(message: Mapping[str, object]) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)


def _unanswered(waiting: Sequence[str], where: str) -> HttpError:
    return error(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
        " 'tool_call_id'. The following tool_call_ids did not have response messages: " + ", ".join(waiting),
        param=f"{where}.role",
    )


def _refuse_plain(role: object, message: Mapping[str, object], where: str) -> HttpError | None:
    if role not in ("system", "developer", "user", "assistant"):
        return error(400, f"Invalid value: '{role}'.", param=f"{where}.role", code="invalid_value")
    content = message.get("content")
    if role != "assistant":
        if not isinstance(content, str | list):
            return error(400, f"Invalid value for '{where}.content': expected a string.", param=where)
        return None
    calls = message.get("tool_calls")
    if calls is None:
        if not isinstance(content, str | list):
            return error(400, f"Invalid value for 'content': expected a string, got {content!r}.", param=where)
        return None
    if not isinstance(calls, list) or not calls:
        return error(400, f"Invalid '{where}.tool_calls': empty array.", param=f"{where}.tool_calls")
    return _refuse_calls(calls, f"{where}.tool_calls")


def _refuse_calls(calls: Sequence[object], where: str) -> HttpError | None:
    seen: set[str] = set()
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        call_id = call.get("id") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(call_id, str) or not call_id or call_id in seen:
            return error(400, f"Invalid '{where}[{index}].id' or function.", param=f"{where}[{index}]")
        seen.add(call_id)
        name, arguments = function.get("name"), function.get("arguments")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return error(400, f"Invalid '{where}[{index}].function.name'.", param=f"{where}[{index}]")
        if not isinstance(arguments, str):
            return error(400, f"Invalid '{where}[{index}].function.arguments'.", param=f"{where}[{index}]")
    return None


def _refuse_tools(tools: object) -> HttpError | None:
    if tools is None:
        return None
    if not isinstance(tools, list) or not tools:
        return error(400, "Invalid 'tools': empty array.", param="tools", code="empty_array")
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            where = f"tools[{index}].function.name"
            return error(400, f"Invalid '{where}': string does not match pattern.", param=where)
    return None
