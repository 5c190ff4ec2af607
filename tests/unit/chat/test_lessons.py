"""A refusal teaches the lesson that its words name, once; other refusals teach nothing."""

import json

import pytest

from agentls.chat.dialect import DEFAULT, Dialect, differences
from agentls.chat.failure import Failure, classify_response, classify_stream_error
from agentls.chat.lessons.lesson_table import LESSONS
from agentls.chat.lessons.lessons import adapt, lesson_note, relearn
from agentls.chat.presets import PRESETS
from agentls.chat.server import ServerHint

HINT = ServerHint("https://llm.example/v1")


def refusal(message: str, status: int = 400, param: str | None = None) -> Failure:
    body = json.dumps({"error": {"message": message, "param": param}}).encode()
    return classify_response(status, {}, body, HINT)


def taught(failure: Failure, dialect: Dialect = DEFAULT) -> str | None:
    """The id of the lesson, None for none."""
    adapted = adapt(dialect, failure)
    if adapted is None:
        return None
    (lesson,) = adapted[0].learned - dialect.learned
    assert adapted[1] == lesson_note(lesson)
    return lesson


IN_USE = Dialect(
    max_tokens_param="max_completion_tokens",
    empty_content="empty",
    replay_reasoning="reasoning_content",
    name_tool_results=True,
)
"""A dialect that differs where the default cannot be refused."""

# The words of servers, as public issue threads and the recorded errors quote them.
WORDS = [
    ("call_ids_nine", 400, "Tool call id was call_0fy but must be a-z, A-Z, 0-9, with a length of 9."),
    ("call_ids_nine", 500, "Tool call IDs should be alphanumeric strings with length 9!"),
    ("call_ids_nine", 404, "Only supports tool call IDs that are alphanumeric strings with length 9"),
    ("call_ids_safe", 400, "messages.5.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"),
    ("call_ids_safe", 400, "Invalid 'messages[2].tool_calls[0].id': string too long. Expected maximum length 40."),
    ("role_order", 400, "Unexpected role 'user' after role 'tool'"),
    ("role_order", 400, "After tool message should be an assistant message"),
    ("system_user", 400, "System role not supported"),
    ("system_user", 500, "Jinja Exception: System role not supported"),
    ("system_user", 400, "Developer instruction is not enabled for models/gemma-3n-e4b-it"),
    ("system_user", 500, "Only user, assistant and tool roles are supported, got system."),
    ("system_user", 400, "Unable to generate parser. Jinja Exception: System message must be at the beginning."),
    ("system_user", 400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
    ("merge_roles", 400, "After the (optional) system message(s), user and assistant roles should be alternating."),
    ("merge_roles", 400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    ("merge_roles", 500, "After the optional system message, conversation roles must alternate user and assistant"),
    ("merge_roles", 400, "deepseek-reasoner does not support successive user or assistant messages"),
    ("merge_roles", 400, "Bad request: Chat message input roles must alternate (user -> assistant -> u -> a -> ...)"),
    ("merge_roles", 400, "A conversation must alternate between user and assistant roles."),
    ("tool_name_required", 400, "GenerateContentRequest.contents[2].parts[0].function_response.name: cannot be empty."),
    ("reasoning_required", 400, "The `reasoning_content` in the thinking mode must be passed back to the API."),
    ("reasoning_required", 400, "thinking is enabled but reasoning_content is missing in assistant tool call message"),
    ("reasoning_required", 400, "Missing `reasoning_content` field in the assistant message at message index 2."),
    ("signatures", 400, "function call `f` in the 2. content block is missing a `thought_signature`."),
    ("signatures", 400, "Function call is missing a thought_signature in functionCall parts."),
    ("reasoning_refused", 400, "'messages.2' : for 'role:assistant' (property 'reasoning_content' is unsupported)"),
    ("reasoning_refused", 400, "property 'messages.1.assistant.reasoning_content' is unsupported"),
    ("reasoning_refused", 400, "messages[3].reasoning: reasoning is not supported with this model"),
    ("reasoning_refused", 422, "Additional properties are not allowed ('reasoning_details' was unexpected)"),
    ("cache_never", 404, "No endpoints found that support cache control"),
    ("cache_never", 400, "Unknown parameter: 'messages[0].content[0].cache_control'."),
    ("no_images", 404, "No endpoints found that support image input"),
    ("no_images", 500, "image input is not supported - hint: you may need to provide the mmproj"),
    ("no_images", 400, "messages[1]: unknown variant `image_url`, expected `text` at line 1 column 99"),
    ("no_images", 400, "Invalid content type. image_url is only supported by certain models."),
    ("no_images", 400, "At most 0 image(s) may be provided in one request."),
    ("no_images", 400, "unsupported image"),
    ("cache_no_tools", 400, "'messages.3' : for 'role:tool' ('messages.3.content' : value must be a string)"),
    ("content_null", 400, "invalid message content type: <nil>"),
    ("content_null", 400, "AiError: Bad input: Type mismatch of '/messages/2/content', 'null' not in 'string'"),
    ("content_null", 400, "Invalid 'content': 'content' field must be a string or an array of objects."),
    ("content_null", 500, 'can only concatenate str (not "NoneType") to str'),
    ("content_null", 500, "TypeError: 'NoneType' object is not iterable"),
    ("content_null", 422, "messages[1].content: invalid type: null, expected a string"),
    ("content_null", 400, "Type mismatch of '/messages/0/content', 'array' not in 'string'"),
    ("max_tokens", 400, "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens'."),
    ("max_tokens", 400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."),
    ("stream_options", 400, "Unrecognized request argument supplied: stream_options"),
    ("stream_options", 400, "extraneous key [include_usage] is not permitted"),
    ("stream_options", 400, "Value error, Stream options can only be defined when `stream=True`."),
    ("temperature", 400, "invalid temperature: only 1 is allowed for this model"),
    ("temperature", 400, "Unsupported parameter: 'temperature' is not supported with this model."),
    ("drop:top_p", 400, "`temperature` and `top_p` cannot both be specified for this model."),
    ("drop:top_p", 400, "invalid top_p: only 0.95 is allowed for this model"),
    ("reasoning_effort", 400, "Model grok-code-fast-1 does not support parameter reasoningEffort."),
    ("reasoning_effort", 400, "Function tools with reasoning_effort are not supported in /v1/chat/completions."),
    ("stream_always", 400, "This model only support stream mode, please enable the stream parameter."),
    ("stream_always", 400, "parameter.enable_thinking must be set to false for non-streaming calls"),
    ("stream_always", 400, "enable thinking can not be support when `stream=False`."),
    ("stream_with_tools", 400, "Tool calling is not supported in streaming mode!"),
    ("stream_never", 400, "Unsupported value: 'stream' does not support true with this model."),
    ("stream_never", 400, "Your organization must be verified to stream this model."),
    ("tool_choice_auto", 400, "The tool_choice parameter does not support being set to required or object"),
    ("tool_choice_auto", 400, "Thinking mode does not support this tool_choice"),
    ("tool_choice_words", 404, "No endpoints found that support the provided 'tool_choice' value."),
    (
        "schema_plain",
        400,
        "Unknown name \"exclusiveMinimum\" at 'tools[0].function_declarations[8].parameters.x': Cannot",
    ),
    ("schema_plain", 400, "JSON schema conversion failed: Pattern must start with '^' and end with '$'"),
    ("schema_plain", 400, "JSON Schema not supported: could not understand the instance `{'required': ['criteria']}`."),
    ("schema_plain", 400, "tools.0.custom.input_schema: does not support oneOf, allOf, or anyOf at the top level"),
    (
        "schema_plain",
        400,
        "Invalid schema for function 'f': In context=('properties', 'a'), array schema missing items",
    ),
    ("schema_plain", 400, "parse: error parsing grammar: unknown escape at \\d"),
    (
        "schema_no_null",
        400,
        "Invalid JSON payload received. Unknown name \"nullable\" at 'tools[0]': Cannot find field.",
    ),
    ("drop:parallel_tool_calls", 400, "parallel_tool_calls=False is not supported by this model."),
    ("drop:tool_stream", 400, "Validation: Unsupported parameter(s): `tool_stream`"),
    ("drop:prompt_cache_key", 400, "Unrecognized request argument supplied: prompt_cache_key"),
    ("drop:enable_thinking", 400, "Extra inputs are not permitted, field: 'enable_thinking', value: False"),
    ("drop:store", 400, 'Invalid JSON payload received. Unknown name "store": Cannot find field.'),
]
OF_ANOTHER_DIALECT = [
    ("max_completion_tokens", "Unknown parameter: max_completion_tokens"),
    ("content_empty", "messages: text content blocks must be non-empty"),
    ("content_empty", "Invalid request: message at position 3 with role 'assistant' must not be empty"),
    ("content_empty", "The content field in the Message object at messages.2 is empty. Add a ContentBlock."),
    ("reasoning_refused", "Extra inputs are not permitted: reasoning_content"),
    ("tool_name_refused", "messages.2.tool.name: Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("lesson", "status", "message"), WORDS)
def test_words_that_name_a_thing_teach_its_lesson_once(lesson: str, status: int, message: str) -> None:
    failure = refusal(message, status)
    assert taught(failure) == lesson
    adapted = adapt(DEFAULT, failure)
    assert adapted is not None
    assert lesson not in {taught(failure, adapted[0])}


@pytest.mark.parametrize(("lesson", "message"), OF_ANOTHER_DIALECT)
def test_what_the_default_does_not_send_is_learned_where_it_is_sent(lesson: str, message: str) -> None:
    assert taught(refusal(message), IN_USE) == lesson


NOTHING = [
    (400, "The model `x` does not exist"),
    (404, "The model `gpt-9` does not exist or you do not have access to it."),
    (404, 'model "qwen3" not found, try pulling it first'),
    (400, "m is not a valid model ID"),
    (404, "No endpoints found for acme/m."),
    (404, "No endpoints found that support tool use."),
    (404, "No endpoints found matching your data policy. Configure it in your settings."),
    (400, "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."),
    (400, "the request exceeds the available context size. try increasing it"),
    (413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000"),
    (401, "Incorrect API key provided: sk-1***23."),
    (400, "API key not valid. Please pass a valid API key."),
    (401, "Unsupported parameter: 'temperature'"),
    (402, "This request requires more credits, or fewer max_tokens. You requested up to 9000 tokens."),
    (403, "system role not supported for your plan"),
    (429, "Rate limit reached for temperature calls. stream_options is not supported"),
    (500, "Unsupported parameter: 'temperature'"),
    (500, "Internal server error"),
    (503, "Service unavailable."),
    (404, "404 page not found"),
    (404, "Not Found"),
    (400, "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead."),
    (400, "max_tokens is too large: 99999. This model supports at most 4096 completion tokens."),
    (400, "Temperature must be between 0 and 2, got 100"),
    (400, "Field 'temperature': [json.exception.type_error.302] type must be number, but is string"),
    (400, "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."),
    (400, "Tool choice is required, but model did not call a tool"),
    (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    (400, "`tool calling` is not supported with this model"),
    (400, "m does not support tools"),
    (400, "Failed to load image or audio file"),
    (400, "You uploaded an unsupported image. Please make sure your image is valid."),
    (400, "You uploaded an unsupported image. It must have one of the following formats: ['png', 'jpeg']."),
    (400, "messages.1.content.1.image.source.base64: image dimensions exceed max allowed size: 8000 pixels"),
    (400, "At most 5 image(s) may be provided in one request."),
    (
        400,
        "tool call validation failed: parameters for tool add did not match schema: errors: [`/a`: expected integer]",
    ),
    (500, "Cannot use both json_schema and grammar"),
    (400, "Invalid 'messages[4]'. Image URLs are only allowed for messages with role 'user'."),
    (
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    ),
    (400, "tools[0].function_declarations[53].name: [FIELD_INVALID] Invalid function name."),
    (400, "Invalid schema for response format: minItems is not supported"),
    (
        400,
        "'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'x' is unsupported)]",
    ),
    (400, "The response was filtered due to the prompt triggering the content management policy."),
    (422, "something else"),
]


@pytest.mark.parametrize(("status", "message"), NOTHING)
def test_other_refusals_teach_nothing(status: int, message: str) -> None:
    assert adapt(DEFAULT, refusal(message, status)) is None


def test_a_lesson_that_would_not_change_the_request_is_passed_over() -> None:
    failure = refusal("Conversation roles must alternate user/assistant/user/assistant/...")
    adapted = adapt(DEFAULT, failure, lambda dialect: dialect.system_role == "user")
    assert adapted is not None
    assert adapted[0].learned == {"system_user"}
    assert adapt(DEFAULT, failure, lambda dialect: False) is None


def test_schemas_that_are_refused_again_get_barer_and_then_the_failure_stands() -> None:
    failure = refusal("Invalid schema for function 'f'")
    plain = adapt(DEFAULT, failure)
    assert plain is not None
    bare = adapt(plain[0], failure)
    assert bare is not None
    assert (plain[0].schema_form, bare[0].schema_form) == ("plain", "bare")
    assert adapt(bare[0], failure) is None


def test_an_error_inside_the_stream_teaches_too() -> None:
    said = {"error": {"message": "Tool calling is not supported in streaming mode!"}}
    assert taught(classify_stream_error(said, HINT)) == "stream_with_tools"
    jinja = {"error": {"code": "server_error", "message": "Error: Jinja Exception: System role not supported"}}
    assert taught(classify_stream_error(jinja, HINT)) == "system_user"


def test_a_refused_name_of_the_limit_and_then_the_other_leaves_the_limit_out() -> None:
    first = adapt(DEFAULT, refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."))
    assert first is not None
    second = adapt(first[0], refusal("Unknown parameter: max_completion_tokens"))
    assert second is not None
    assert second[0].max_tokens_param is None


def test_a_lesson_and_its_contrary_are_not_both_learned() -> None:
    never = relearn(DEFAULT, ["stream_never"])
    assert adapt(never, refusal("This model only support stream mode")) is None


def test_stored_lessons_that_nobody_knows_are_ignored() -> None:
    assert relearn(DEFAULT, ["", "gone", "drop:", "drop:model", "drop:no good", "drop:" + "x" * 99]) == DEFAULT
    assert [lesson_note(one) for one in ("gone", "drop:model", "drop:seed")] == ["", "", "seed is no longer sent"]


def test_every_lesson_and_preset_says_what_differs() -> None:
    for lesson in LESSONS:
        assert lesson_note(lesson)
    assert differences(DEFAULT) == []
    for dialect in PRESETS.values():
        assert (dialect == DEFAULT) == (differences(dialect) == [])
