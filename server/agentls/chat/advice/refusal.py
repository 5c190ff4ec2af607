"""What to do when a server refuses a request, or a model, for a reason that its words give.

Knows families of words, no server by name beyond the pages they point to; the first family that is said wins.
Invariant: an advice is "" where the words say nothing, and stays under 300 characters.
"""

import re
from typing import Final

NO_ACCESS: Final = (
    "The key works but may not use this model: allow the model for the key or its project at the provider, or choose"
    " another model."
)
_VERIFY: Final = "Verify your organisation with the provider, or turn streaming off in the provider's settings."
_NO_IMAGES: Final = r"mmproj|image input|not a multimodal|image_url|does not support (image|vision)|no vision"
MEMORY: Final = r"system memory|out of memory|insufficient system resources|resource limitations|cuda error"
GRAMMAR: Final = r"\bjson_schema\b.{0,30}\bgrammar\b|custom grammar constraint"
"""llama.cpp makes a grammar of the tools, and takes no second one (also as a 500)."""
OWN_GRAMMAR: Final = (
    "A request with tools takes no grammar of its own: take response_format, json_schema and grammar out of extraBody."
)
_SCHEMA: Final = (
    "The server does not take the schema of a tool as it is written: choose another model or provider, and report it"
    " with the words of the server, which name the tool or the part of its schema."
)
# Text until the first failure; what is more particular comes first.
_REFUSALS: Final = (
    (GRAMMAR, OWN_GRAMMAR),
    (r"invalid schema for (function|tool)|invalid_function_parameters", _SCHEMA),
    (
        r"data policy|guardrail restrictions",
        "Your account's privacy settings rule this model out: change them at openrouter.ai/settings/privacy.",
    ),
    (
        r"no allowed providers|providers have been ignored",
        "Your provider preferences leave nobody to serve this model: change them at openrouter.ai/settings/preferences,"
        " or the provider part of extraBody.",
    ),
    (
        r"no endpoints (found|available) that",
        "No provider of this model takes everything the request asks for: remove custom settings such as extraBody and"
        " reasoningEffort, or choose another model.",
    ),
    ("terms acceptance", "Accept the model's terms at the address the server names, then try again."),
    ("must be verified", _VERIFY),
    (
        r"thought_signature|signature`? in `?thinking|reasoning_content.{0,80}(must|missing|required)"
        r"|missing.{0,20}reasoning|thinking.{0,12} block",
        "The provider wants its own reasoning back: start a new task after changing the model or provider.",
    ),
    (
        r"reasoning[_. ]?(effort|level)|effort level|reasoning is mandatory|thinking_budget|enable_thinking"
        r"|always engages in thinking|reasoning effort",
        "Set reasoningEffort to a value that the server names, or leave it empty; look for thinking settings in"
        " extraBody too.",
    ),
    (_NO_IMAGES, "The model takes no images in this place: turn off imageSupport for it, or choose a vision model."),
    (
        r"tool_choice",
        "The server does not take the kind of tool choice that was sent: run the check of this provider, which learns"
        " what it takes, or choose another model.",
    ),
    (
        r"extra inputs|(unknown|unsupported|unrecognized|unexpected) (request )?(param|argument|field|name)"
        r"|not supported (on|with|by|for) this model|property .{0,120}unsupported|extra_forbidden",
        "The server does not know a setting that was sent: take what it names out of extraBody and the model's"
        " settings, or run the check of this provider, which learns what it refuses.",
    ),
    (
        r"image.{0,60}(exceed|too (large|big)|pars)|(invalid|download\w{0,3}) (image|file)",
        "The server does not take the image or file: send a smaller one or another format, or none.",
    ),
    (
        r"message size .{0,20}exceed|string too long",
        "One part of the request is too long for the server: start a new task, or send less text and smaller files.",
    ),
    (
        r"max_tokens|max_completion_tokens|(output|completion) tokens",
        "Lower maxOutputTokens in the model's settings to what the server says, or leave it empty.",
    ),
    (
        r"\btemperature\b|\btop_p\b",
        "Leave temperature empty in the model's settings, and take sampling settings out of extraBody.",
    ),
    (
        MEMORY,
        "The server has too little memory for this model: choose a smaller one or a smaller context.",
    ),
    (
        r"failed to load model|model is unloaded|model has crashed",
        "The server could not run the model: load it there by hand to see why (too little memory, a broken file, an old"
        " runtime), or choose another one.",
    ),
    (
        r"json schema|schema (for|is|contains|of)\b|schemas contains?|input_schema|function\.parameters"
        r"|function_?declaration|invalid_function_parameters|parse grammar|grammar (stack|spec|compil)"
        r"|moonshot flavored|\boneof\b|'items'",
        _SCHEMA,
    ),
    (
        r"roles? must alternate|unexpected role|last (message|role)|prefill|tool_call_id|tool[_ ]call id|tool_calls'"
        r"|tool[_ ](use|result)|tool output|\bmessages?\b.{0,60}\b(role|content|order|empty|non-empty|duplicate)"
        r"|function (call|response)|calls and responses|duplicate item|must have at least one|chat content",
        "The server does not take this conversation as it stands, which often follows a change of model or a turn that"
        " broke off: start a new task.",
    ),
    (
        r"chat template|\bjinja\b|template error",
        "The model's chat template does not take this conversation: use a newer file of the model or server, or another"
        " model.",
    ),
)
_MISSING: Final = (
    ("must be verified", _VERIFY),
    (
        r"\b(region|country)\b",
        "The provider does not serve this model in your country or region: choose another model or provider.",
    ),
    (
        r"did you mean|use this slug|valid aliases|allowed: \[|\bplease use [\w./`'-]{3,60} instead",
        "The server names the model IDs to use instead: set one of them as the model ID.",
    ),
    (
        r"end of life|decommissioned|deprecated|no longer|archived|retired|sunset",
        "The provider has withdrawn this model: choose a current one.",
    ),
)


def refusal_advice(words: str) -> str:
    """What to do about a `badRequest`; `words` is the error in lower case."""
    return _first(_REFUSALS, words)


def missing_advice(words: str, status: int | None) -> str:
    """What to do about a `modelNotFound` whose words say more than that, or that is a refusal (403)."""
    if advice := _first(_MISSING, words):
        return advice
    return NO_ACCESS if status == 403 and "disabled" not in words else ""


def takes_no_images(words: str) -> bool:
    """Whether an error says that the model or server takes no images."""
    return re.search(_NO_IMAGES, words) is not None


def _first(families: tuple[tuple[str, str], ...], words: str) -> str:
    return next((advice for pattern, advice in families if re.search(pattern, words)), "")
