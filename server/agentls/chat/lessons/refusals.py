"""The words with which endpoints refuse a request, and the lessons in them.

Knows wordings only. Patterns stay text until the first refusal, because compiling them would cost every start; they
look at a few hundred characters and never ahead. Invariant: the first row that matches is the likeliest.
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words, and the lessons to take from them, one at a time, in this order."""

    words: str
    teaches: tuple[str, ...]
    also: str = ""
    """Words that must be there too."""
    unless: str = ""
    """Words that give it another meaning."""
    scope: Literal["parameter", "template", "tools"] = "parameter"
    """"parameter": taught by 400 and 422 only. "template": also by a server that crashes on the conversation, or
    answers 404 whatever it is. "tools": also where the failure is that tools are not supported."""


_NO: Final = (
    r"unsupported|not (be |been )?support|not yet support|no longer supported|is deprecated|unknown|unrecogni[sz]ed"
    r"|unexpected|extraneous|extra (inputs?|fields?|key|propert)|extra_forbidden|not permitted|not allowed"
    r"|only [^.]{0,20}(is|are) allowed|cannot find field|invalid parameter|additional propert|does not exist"
)
_STRING: Final = r"(must|should) be a (valid )?string|valid string|expected a string|expected string|value must be"
_CALL_ID: Final = r"tool_use(_id|\.id)|tool_?call_?id|tool_calls(\[\d+\]|\.\d+)\.id|tooluseid"
_MAX: Final = r"\bmax_tokens\b"
_NOT_FORCED: Final = r"did not call|enable-auto-tool-choice"
_OUTPUT: Final = r"response[_ ]format|text\.format|cannot use both"

REFUSALS: Final[tuple[Refusal, ...]] = (
    # G2, A12
    Refusal(
        r"length of 9|a-zA-Z0-9\]\{9\}|tool call ids? .{0,80}(must|should) be|only supports? tool call ids",
        ("call_ids_nine",),
        scope="template",
    ),
    Refusal(
        _CALL_ID,
        ("call_ids_safe", "call_ids_nine"),
        also=r"pattern|too long|maximum length|at most|longer than|max length|<= \d+|constraint",
        scope="template",
    ),
    # G3
    Refusal(
        r"unexpected role 'user' after role 'tool'|after tool.{0,40}(should|must) be .{0,20}assistant"
        r"|user.{0,30}(cannot|can't|must not|may not) (directly )?follow.{0,20}tool",
        ("role_order",),
        scope="template",
    ),
    # G5, G10
    Refusal(
        r"system[ _](role|message|instruction|prompt)s? (is |are )?(not |un)(allowed|supported|enabled)"
        r"|does(n't| not) support (the )?['\"`]?system\b|system ?role not|got ['\"`]?(system|developer)\b"
        r"|developer instruction is not enabled|system message must be (at|the) (the )?(beginning|first)"
        r"|(invalid|unexpected|unknown|unsupported) (message )?role.{0,10}system|only user and assistant roles are",
        ("system_user",),
        scope="template",
    ),
    # G4, G5
    Refusal(
        r"(must|should|need to|has to) (strictly )?(be )?alternat|(consecutive|successive) (user|assistant|messages)"
        r"|alternate between|multiple (user|assistant) (messages|roles) in a row",
        ("merge_roles", "role_order", "system_user"),
        scope="template",
    ),
    # G9
    Refusal(
        r"function_?response\.name.{0,40}(empty|required|missing)"
        r"|(tool|function) (message|role|response|result).{0,60}\bname\b.{0,40}(required|missing|must be|empty)"
        r"|missing .{0,30}\bname\b.{0,40}(tool|function) (message|role|response|result)",
        ("tool_name_required",),
        scope="template",
    ),
    Refusal(r"messages?(\[\d+\]|\.\d+)\.(tool\.)?name\b|role:tool.{0,80}'name'", ("tool_name_refused",), also=_NO),
    # E24, E25, G21
    Refusal(
        r"reasoning_content.{0,80}(must be|is required|is necessary|is missing)|missing.{0,30}reasoning_content",
        ("reasoning_required",),
        scope="template",
    ),
    Refusal(r"missing.{0,30}thought_signature|thought_signature.{0,40}(missing|required)", ("signatures",)),
    Refusal(
        r"reasoning_content|reasoning_details|extra_content|thought_signature|thinking_blocks"
        r"|provider_specific_fields|['\"`.]reasoning\b(?![_.])",
        ("reasoning_refused",),
        also=_NO,
        scope="template",
    ),
    # Where prompt caching is set
    Refusal(
        r"cache_control|cache control|cachepoint|prompt caching",
        ("cache_never",),
        also=rf"{_NO}|endpoints found that support",
        scope="template",
    ),
    # G8
    Refusal(
        r"image[_ ]?(input|url|content)?s?['\"`]? (is |are )?(currently )?not (supported|enabled)"
        r"|does(n't| not) support (image|vision|multi-?modal)|support(s)? only text|unsupported image\b(?! format)"
        r"|not a (vision|multi-?modal) model|unknown variant .?image_url|endpoints found that support image"
        r"|image_url is only supported by|mmproj|no vision|content\[\d*\]\.type|at most 0 images?\b",
        ("no_images", "cache_never"),
        unless=r"following formats|valid image|corrupt|is valid",  # one image is bad, and the others are not
        scope="template",
    ),
    Refusal(
        r"role[:= '\"]{0,3}tool\b.{0,80}content|tool[^.]{0,60}content",
        ("cache_no_tools", "content_null", "cache_never"),
        also=rf"{_STRING}|only .{{0,10}}text",
        scope="template",
    ),
    # G6
    Refusal(
        rf"content.{{0,60}}({_STRING})|invalid type: (null|sequence|map).{{0,40}}expected a string"
        r"|content['\"]?, '(null|object|array)' not in '[^']{0,20}string",
        ("content_null", "cache_never", "no_images"),
        scope="template",
    ),
    Refusal(r"(not|and) ['\"\\]{0,2}list['\"\\]{0,2}", ("cache_never", "no_images"), also=r"\bstr\b", scope="template"),
    Refusal(
        r"content type: <nil>|content.{0,60}(is null|null is not|got null|not be null|nonetype|not be none|got none)"
        r"|(null|none|nil)\b.{0,40}content|(not|and) ['\"\\]{0,2}nonetype|nonetype.{0,40}(iterable|has no|found|str)"
        r"|expected string, got null",
        ("content_null",),
        scope="template",
    ),
    Refusal(
        r"content.{0,60}(must not be empty|should not be empty|non-?empty|not be (empty|blank)|can't be empty|is empty"
        r"|non-whitespace|at least (1|one) )|(empty|blank) .{0,20}(content|assistant message)"
        r"|(assistant|message).{0,80}must not be empty|text is empty",
        ("content_empty", "content_null", "content_omitted"),
        scope="template",
    ),
    Refusal(
        r"(?<!_)\bcontent['\"`]?( field)?\W{0,3}(field required|is required|is a required|is missing|missing)"
        r"|missing (required )?(field|parameter|key|property)?\W{0,4}(messages\S{0,8}\.)?content\b"
        r"|no attribute 'content'|keyerror: 'content'|undefined.{0,20}\bcontent\b",
        ("content_omitted", "content_null", "content_empty"),
        scope="template",
    ),
    # G11
    Refusal(
        r"max_completion_tokens.{0,200}\bmax_tokens\b|\bmax_tokens\b.{0,200}max_completion_tokens",
        ("max_tokens",),
        also=rf"{_NO}|\buse |at the same time|both|only one of",
    ),
    Refusal(r"max_completion_tokens", ("max_completion_tokens",), also=_NO),
    Refusal(
        rf"({_NO})[^.]{{0,40}}{_MAX}|{_MAX}['\"`]? (parameter )?(is|are) (unsup|not (supported|permitted|allowed))",
        ("max_tokens",),
    ),
    # G14
    Refusal(
        r"stream_?options|stream options|include_usage",
        ("stream_options",),
        also=rf"{_NO}|only be (defined|used|set)",
    ),
    # G12
    Refusal(
        r"temperature.{0,20}top_?p|top_?p.{0,20}temperature",
        ("drop:top_p",),
        also=r"\b(not|cannot|can't|only one|either)\b[^.]{0,20}\b(both|of)\b",
    ),
    Refusal(r"\btemperature", ("temperature",), also=rf"{_NO}|only the default|must be 1\b"),
    Refusal(r"reasoning[._ ]?effort", ("reasoning_effort",), also=rf"{_NO}|must be one of|only accepts"),
    Refusal(r"\bthink(ing)? (value|level)\b", ("reasoning_effort",), also=_NO),
    # G25, G26
    Refusal(
        r"only supports? stream|enable the stream|stream(ing)? (mode )?is (required|mandatory|strongly recommended)"
        r"|non-?stream(ing)? (mode|calls?|requests?|output)|stream ?= ?.?false|must (use|enable|be called with) stream"
        r"|requires? stream(ing)?\b|stream must be (set to )?true",
        ("stream_always",),
        scope="tools",
    ),
    Refusal(
        r"(tool|function)[^.]{0,60}(not|un)[^.]{0,20}support[^.]{0,40}stream"
        r"|stream[^.]{0,60}(tool|function)[^.]{0,40}(not|un)[^.]{0,12}support"
        r"|not support[^.]{0,30}stream[^.]{0,30}(tool|function)|(tool|function)[^.]{0,40}(with|when|while) stream",
        ("stream_with_tools",),
        scope="tools",
    ),
    Refusal(
        r"\bstream(ing)?( mode)?['\"`]? (is |are )?(currently )?not (yet )?(supported|enabled|available|allowed)"
        r"|does(n't| not) support stream(ing)?\b|stream must be (set to )?false|verified to stream"
        r"|'stream' does not support true",
        ("stream_never",),
        scope="template",
    ),
    # G15
    Refusal(
        r"tool[_ ]?choice.{0,200}(\brequired\b|\bany\b|forc|thinking|specified)"
        r"|(\brequired\b|\bany\b|forc|thinking|specified).{0,200}tool[_ ]?choice",
        ("tool_choice_auto", "tool_choice_never"),
        also=rf"{_NO}|not valid|invalid|incompatible|input should be",
        unless=_NOT_FORCED,
        scope="tools",
    ),
    Refusal(
        r"tool[_ ]?choice",
        ("tool_choice_words", "tool_choice_auto", "tool_choice_never"),
        also=rf"{_NO}|valid string|invalid|support the provided|only (allowed|valid|be) |must be|input should be",
        unless=_NOT_FORCED,
        scope="tools",
    ),
    # G17, G18
    Refusal(r"['\"`]nullable", ("schema_no_null", "schema_plain", "schema_bare"), also=_NO),
    Refusal(
        r"invalid (json )?schema|json[_ ]?schema|input_schema|schema (for|of|is|at|must|error|conversion)"
        r"|unrecognized schema|invalid_function_parameters|proto field|non-empty for object"
        r"|(function_declarations|tools)(\[\d+\]|\.\d+).{0,120}(parameters|properties|schema)"
        r"|parameters.{0,60}(properties|schema)|(failed to parse|invalid|error parsing) grammar|regex syntax"
        r"|pattern must (start|end)|keyword.{0,40}(not support|unsupported)"
        r"|\$ref|anyof|oneof|allof|additionalproperties",
        ("schema_plain", "schema_bare"),
        unless=_OUTPUT,
        scope="template",
    ),
)

NOT_A_PARAMETER: Final = rf"\bmessages?[.\[]\d|\btools?[.\[]\d|for 'role:|function_declarations|schema|{_OUTPUT}"
"""What is refused is inside a message, a tool or a schema, so no parameter is to be dropped."""

PARAMETERS: Final = (
    r"(?:unsupported|unknown|unrecognized|unrecognised|unexpected|extra|extraneous|invalid|disallowed)\s+"
    r"(?:request\s+|keyword\s+|body\s+|top-level\s+)?(?:parameter|argument|field|key|name|property|input)"
    r"(?:\(s\)|s)?(?:\s+supplied)?[\s:'\"`\[(]+([A-Za-z_][A-Za-z0-9_]{1,60})"
    r"|([A-Za-z_][A-Za-z0-9_]{1,60})['\"`]?(?:=\w+)?(?: parameter| field)? (?:is|was)"
    r" (?:not supported|unsupported|not permitted|not allowed|unexpected|unknown|not recognized)"
    r"|does not support (?:the )?(?:parameter|argument|field)?[:\s'\"`]+([A-Za-z]+_[A-Za-z0-9_]{1,60}|seed)\b"
    r"|not permitted, field:? ['\"`]([A-Za-z_][A-Za-z0-9_]{1,60})"
    r"|invalid ([A-Za-z]+_[A-Za-z0-9_]{1,60}): only"
    r"|(?:argument|parameter) not supported[^\w]+([A-Za-z_][A-Za-z0-9_]{1,60})"
)
"""A group for each way to name a parameter that is refused."""
