"""What strict hosts refuse, as pure functions: a request body in, the refusal or None out.

Each host holds a request to the rules that section G of the quirks tells of it, and refuses in that host's words and
envelope, so that a test can have a whole conversation refused and adapted. `HOSTS` has them all by name; a script step
of an endpoint may be `lambda body: HOSTS["mistral"](body) or answer`. Nothing here knows the code under test.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Refused: TypeAlias = tuple[int, object]
"""The status and the JSON of the error body."""
Rule: TypeAlias = Callable[[Json], Refused | None]

MESSAGE_KEYS = {"role", "content", "name", "tool_calls", "tool_call_id"}
CALL_KEYS = {"id", "type", "function"}
LENGTHS = {"minLength", "maxLength", "minItems", "maxItems"}
GEMINI_SCHEMA = {
    *("type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required"),
    *("minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf", "default", "items"),
    *("propertyOrdering", "minimum", "maximum"),
}


def error(message: str, status: int = 400, **more: object) -> Refused:
    """A refusal in OpenAI's envelope."""
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}


def all_of(*rules: Rule) -> Rule:
    """The first refusal of these rules."""

    def rule(body: Json) -> Refused | None:
        return next((refused for each in rules if (refused := each(body)) is not None), None)

    return rule


def messages(body: Json, role: str | None = None) -> Iterator[tuple[int, Json]]:
    for place, message in enumerate(body["messages"]):
        if role is None or message["role"] == role:
            yield place, message


def calls(body: Json) -> Iterator[tuple[int, Json]]:
    for place, message in messages(body, "assistant"):
        for call in message.get("tool_calls", ()):
            yield place, call


def schemas(body: Json) -> Iterator[Json]:
    """Every schema in the tools, the nested ones too; not the names of properties."""
    waiting = [tool["function"].get("parameters") for tool in body.get("tools", ())]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        yield dict(node)
        for key in ("properties", "$defs", "definitions", "patternProperties"):
            waiting += list(node.get(key, {}).values())
        for key in ("anyOf", "oneOf", "allOf"):
            waiting += node.get(key, [])
        waiting += [node.get(key) for key in ("items", "additionalProperties", "not")]


def well_formed(body: Json) -> Refused | None:
    """What everyone refuses: order (G1), empty ids (A11), arguments that are no object (G20), rootless tools (G18)."""
    waiting: list[str] = []
    for place, message in messages(body):
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                return error("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
            waiting.remove(message["tool_call_id"])
            if not message["content"]:
                return error(f"messages[{place}].content must not be empty")
            continue
        if waiting:
            return error("An assistant message with 'tool_calls' must be followed by tool messages")
        if role in ("system", "user") and not message.get("content"):
            return error(f"messages[{place}].content must not be empty")
        ids = [call["id"] for call in message.get("tool_calls", ())]
        if not all(ids) or len(set(ids)) < len(ids):
            return error("tool call ids must be unique")
        if role == "assistant" and not ids and not message.get("content"):
            return error(f"messages[{place}] has neither content nor tool_calls")
        waiting = ids
    return error("Waiting for tool messages") if waiting else _sound(body)


def _sound(body: Json) -> Refused | None:
    for _, call in calls(body):
        if not isinstance(json.loads(call["function"]["arguments"]), dict):
            return error("invalid function arguments json string")
    for tool in body.get("tools", ()):
        root = tool["function"].get("parameters", {})
        if root.get("type") != "object" or "properties" not in root or {"anyOf", "oneOf", "allOf"} & root.keys():
            return error("Invalid schema for function: schema must be a JSON Schema of 'type: \"object\"'")
    if "tool_choice" in body and "tools" not in body:
        return error("'tool_choice' is only allowed when 'tools' are specified")
    if "stream_options" in body and not body["stream"]:
        return error("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    return None


def unknown_keys(words: str, *allowed: str) -> Rule:
    """Refuses keys of messages and calls that are not on the list (G21); `words` has {path} and {key}."""

    def rule(body: Json) -> Refused | None:
        for place, message in messages(body):
            for key in message:
                if key not in MESSAGE_KEYS and key not in allowed:
                    return error(words.format(path=f"messages.{place}", key=key, role=message["role"]))
        for place, call in calls(body):
            for key in call:
                if key not in CALL_KEYS and key not in allowed:
                    return error(words.format(path=f"messages.{place}.tool_calls", key=key, role="assistant"))
        return None

    return rule


def unknown_part_keys(body: Json) -> Refused | None:
    """Refuses cache marks where nobody knows them."""
    for place, message in messages(body):
        parts = message.get("content")
        if isinstance(parts, list) and any("cache_control" in part for part in parts):
            return error(f"Unknown parameter: 'messages[{place}].content[0].cache_control'.")
    return None


def parameter(name: str, words: str) -> Rule:
    """Refuses a top-level parameter."""
    return lambda body: error(words, param=name) if name in body else None


def content(role: str, refuses: Callable[[object], bool], words: str, status: int = 400) -> Rule:
    """Refuses contents of a role; an absent one is `...`."""

    def rule(body: Json) -> Refused | None:
        if any(refuses(message.get("content", ...)) for _, message in messages(body, role)):
            return error(words, status)
        return None

    return rule


def call_ids(pattern: str, words: str) -> Rule:
    """Refuses ids that do not match (G2, A12)."""

    def rule(body: Json) -> Refused | None:
        bad = (call["id"] for _, call in calls(body) if not re.fullmatch(pattern, call["id"]))
        wrong = next(bad, None)
        return error(words.format(id=wrong)) if wrong is not None else None

    return rule


def no_user_after_tool(body: Json) -> Refused | None:
    """G3."""
    roles = [message["role"] for message in body["messages"]]
    if any(pair == ("tool", "user") for pair in itertools.pairwise(roles)):
        words = "Unexpected role 'user' after role 'tool'"
        return 400, {"object": "error", "message": words, "type": "invalid_request_message_order", "code": "3230"}
    return None


def alternation(words: str, status: int = 400) -> Rule:
    """Refuses two messages of one role in a row, tool results aside (G4, G5)."""

    def rule(body: Json) -> Refused | None:
        roles = [message["role"] for message in body["messages"] if message["role"] != "system"]
        repeats = any(one == two != "tool" for one, two in itertools.pairwise(roles))
        return error(words, status) if repeats else None

    return rule


def no_system(words: str, status: int = 400) -> Rule:
    """G5."""
    return lambda body: error(words, status) if any(True for _ in messages(body, "system")) else None


def no_images(words: str, status: int = 400) -> Rule:
    def rule(body: Json) -> Refused | None:
        parts = [part for _, message in messages(body) for part in message.get("content") or () if part]
        return error(words, status) if any(isinstance(p, dict) and p["type"] == "image_url" for p in parts) else None

    return rule


def reasoning_missing(body: Json) -> Refused | None:
    """E25: on every message, and not an empty one."""
    for place, message in messages(body, "assistant"):
        if not message.get("reasoning_content"):
            return error(f"Missing `reasoning_content` field in the assistant message at message index {place}.")
    return None


def signature_missing(body: Json) -> Refused | None:
    """E24: Gemini 3 wants a signature, or its word for none, on the calls."""
    for _, call in calls(body):
        google = call.get("extra_content", {}).get("google", {})
        if not google.get("thought_signature"):
            return 400, [{"error": {"code": 400, "message": "Function call is missing a thought_signature in parts."}}]
    return None


def keywords(refused: set[str], words: str) -> Rule:
    """Refuses schema keywords (G17)."""

    def rule(body: Json) -> Refused | None:
        found = sorted({key for schema in schemas(body) for key in schema} & refused)
        return error(words.format(key=found[0])) if found else None

    return rule


def gemini_schema(body: Json) -> Refused | None:
    """G17: a small subset of OpenAPI's schema."""
    for schema in schemas(body):
        for key in schema:
            if key not in GEMINI_SCHEMA:
                return gemini_error(f"Unknown name \"{key}\" at 'tools[0].function_declarations[0].parameters'")
        if isinstance(schema.get("type"), list):
            return gemini_error(
                "Unknown name \"type\" at 'tools[0].function_declarations[0]': Proto field is not a list"
            )
        if schema.get("format", "enum") not in ("enum", "date-time"):
            return gemini_error(
                "tools[0].function_declarations[0].parameters: only 'enum' and 'date-time' are supported"
            )
        if "enum" in schema and not all(isinstance(value, str) and value for value in schema["enum"]):
            return gemini_error("tools[0].function_declarations[0].parameters.properties[a].enum[0]: cannot be empty")
        if "type" not in schema and "anyOf" not in schema:
            return gemini_error("tools[0].function_declarations[0].parameters schema didn't specify the type field")
        if schema.get("type") == "array" and "items" not in schema:
            return gemini_error("tools[0].function_declarations[0].parameters.properties[a].items: missing field")
        if set(schema.get("required", ())) - schema.get("properties", {}).keys():
            return gemini_error("tools[0].function_declarations[0].parameters.required[0]: property is not defined")
    return None


def gemini_error(message: str) -> Refused:
    return 400, [{"error": {"code": 400, "message": f"{message}: Cannot find field.", "status": "INVALID_ARGUMENT"}}]


def moonshot_schema(body: Json) -> Refused | None:
    """G17: nothing beside a reference, no type beside anyOf."""
    for schema in schemas(body):
        if ("$ref" in schema and len(schema) > 1) or {"anyOf", "type"} <= schema.keys():
            return error("Invalid request: tools.function.parameters is not a valid moonshot flavored json schema")
    return None


def forced(refuses: Callable[[object], bool], words: str, status: int = 400) -> Rule:
    """Refuses a tool_choice (G15)."""
    return lambda body: error(words, status) if refuses(body.get("tool_choice", "auto")) else None


def streamed(refuses: Callable[[bool, bool], bool], words: str) -> Rule:
    """Refuses by (streamed, with tools) (G25, G26)."""
    return lambda body: error(words) if refuses(body["stream"], "tools" in body) else None


_GROQ = "'{path}' : for 'role:{role}' the following must be satisfied[('{path}' : property '{key}' is unsupported)]"
_EXTRA = "{path}.{key}: Extra inputs are not permitted"

HOSTS: Mapping[str, Rule] = {
    "openai": all_of(
        well_formed,
        parameter("max_tokens", "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'."),
        parameter(
            "temperature", "Unsupported value: 'temperature' does not support 0.2. Only the default is supported."
        ),
        unknown_keys("Unknown parameter: '{path}.{key}'."),
        unknown_part_keys,
        call_ids(r"[^\x00]{1,40}", "Invalid 'messages[1].tool_calls[0].id': string too long. Maximum length 40."),
    ),
    "mistral": all_of(
        well_formed,
        call_ids(r"[A-Za-z0-9]{9}", "Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."),
        no_user_after_tool,
        parameter("stream_options", "body.stream_options: Extra inputs are not permitted"),
        parameter("max_completion_tokens", "body.max_completion_tokens: Extra inputs are not permitted"),
        unknown_keys(_EXTRA),
        forced(lambda choice: choice == "required", "tool_choice: Input should be 'none', 'auto' or 'any'", 422),
    ),
    "groq": all_of(
        well_formed,
        unknown_keys(_GROQ, "reasoning"),
        content("tool", lambda value: not isinstance(value, str), "'messages.2.content' : value must be a string"),
    ),
    "cerebras": all_of(well_formed, unknown_keys("{path}.{key}: property '{path}.{key}' is unsupported")),
    "perplexity": all_of(
        well_formed,
        alternation("After the (optional) system message(s), user and assistant roles should be alternating."),
    ),
    "deepseek": all_of(
        well_formed,
        reasoning_missing,
        content("tool", lambda value: not isinstance(value, str), "tool message content: expected a string"),
    ),
    "moonshot": all_of(
        well_formed,
        reasoning_missing,
        moonshot_schema,
        content(
            "assistant", lambda value: value == "", "message at position 3 with role 'assistant' must not be empty"
        ),
        parameter("temperature", "invalid temperature: only 1 is allowed for this model"),
    ),
    "gemini": all_of(well_formed, gemini_schema),
    "gemini 3": all_of(well_formed, gemini_schema, signature_missing),
    "xai": all_of(well_formed, keywords(LENGTHS, "Invalid schema for function: {key} is not supported")),
    "fireworks": all_of(well_formed, keywords({"oneOf"}, "JSON Schema not supported: could not understand {key}")),
    "llamacpp": all_of(well_formed, keywords({"pattern"}, "JSON schema conversion failed: {key} must start with '^'")),
    "cloudflare": all_of(
        well_formed, content("assistant", lambda value: value is None, "'/messages/2/content', 'null' not in 'string'")
    ),
    "ollama": all_of(
        well_formed, content("assistant", lambda value: value is None, "invalid message content type: <nil>")
    ),
    "lmstudio": all_of(
        well_formed,
        content("assistant", lambda value: value is None, "Invalid 'content': 'content' field must be a string"),
    ),
    "anthropic": all_of(
        well_formed,
        content("assistant", lambda value: value == "", "messages: text content blocks must be non-empty"),
        call_ids(r"[A-Za-z0-9_-]+", "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"),
    ),
    "bedrock": all_of(
        well_formed,
        content("assistant", lambda value: value in ("", None), "The content field in the Message object is empty."),
        parameter("stream_options", "extraneous key [include_usage] is not permitted"),
    ),
    "azureai": all_of(
        well_formed,
        forced(lambda choice: isinstance(choice, dict), "body.tool_choice: Input should be a valid string", 422),
        unknown_keys(_EXTRA),
    ),
    "dashscope": all_of(
        well_formed,
        streamed(
            lambda stream, _: not stream, "This model only support stream mode, please enable the stream parameter"
        ),
        forced(
            lambda choice: choice != "auto",
            "The tool_choice parameter does not support being set to required or object in thinking mode",
        ),
    ),
    "nim": all_of(
        well_formed,
        streamed(lambda stream, tools: stream and tools, "Tool calling is not supported in streaming mode!"),
        unknown_part_keys,
    ),
    "o1": all_of(
        well_formed,
        streamed(lambda stream, _: stream, "Unsupported value: 'stream' does not support true with this model."),
        no_system("Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        parameter("max_tokens", "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'."),
    ),
    "openrouter without caches": all_of(
        well_formed,
        lambda body: error("No endpoints found that support cache control", 404) if unknown_part_keys(body) else None,
    ),
    "text only": all_of(well_formed, no_images("No endpoints found that support image input", 404)),
    "mistral template": all_of(
        well_formed,
        call_ids(r"[A-Za-z0-9]{9}", "Tool call IDs should be alphanumeric strings with length 9!"),
        alternation("After the optional system message, conversation roles must alternate user and assistant", 500),
        no_user_after_tool,
    ),
    "gemma template": all_of(
        well_formed,
        no_system("Jinja Exception: System role not supported", 500),
        alternation("Conversation roles must alternate user/assistant/user/assistant/...", 500),
    ),
    "old template": all_of(
        well_formed,
        content("assistant", lambda value: value is None, 'can only concatenate str (not "NoneType") to str', 500),
        content("tool", lambda value: isinstance(value, list), 'can only concatenate str (not "list") to str', 500),
    ),
    "gemini with names": all_of(
        well_formed,
        lambda body: (
            error("GenerateContentRequest.contents[2].parts[0].function_response.name: Name cannot be empty.")
            if any(not message.get("name") for _, message in messages(body, "tool"))
            else None
        ),
    ),
}
"""The rules of each host, by its kind where there is a preset for it."""
