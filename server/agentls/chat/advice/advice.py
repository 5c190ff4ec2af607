"""What a user can do about each failure, for each server where that is known.

Knows codes, kinds of server and words of the error; knows no request. Every code has a title and a sentence; where
the server is known the sentence names its own command, page or flag. Invariant: an advice is never empty, stays
under 300 characters and holds nothing secret.
"""

import re
from typing import Final

from agentls.chat.advice.auth import auth_advice
from agentls.chat.advice.by_server import BY_SERVER
from agentls.chat.advice.endpoint import address_advice
from agentls.chat.advice.provider_pages import CREDIT_PAGES, MODEL_PAGES
from agentls.chat.advice.refusal import GRAMMAR, MEMORY, OWN_GRAMMAR, missing_advice, refusal_advice, takes_no_images
from agentls.chat.advice.transport import transport_advice
from agentls.chat.errors.context_size import told_token_rate
from agentls.chat.server import LOCAL_KINDS, NAMES, ServerHint

LONGEST_ADVICE: Final = 299
TITLES: Final = {
    "auth": "Invalid API key",
    "modelNotFound": "Model not found",
    "endpointNotFound": "Endpoint not found",
    "toolsUnsupported": "Tool calling is not supported",
    "toolCallRejected": "The model wrote a broken tool call",
    "contextLength": "The conversation is too long for the model",
    "rateLimit": "Rate limit reached",
    "quota": "Out of credits",
    "contentFilter": "Blocked by a content filter",
    "badRequest": "The server refused the request",
    "server": "The server failed",
    "overloaded": "The server is overloaded",
    "connection": "Cannot connect",
    "proxy": "The proxy failed",
    "tls": "The secure connection failed",
    "timeout": "The server took too long",
    "streamBroken": "The answer broke off",
    "badStream": "The answer cannot be read",
    "emptyResponse": "The answer is empty",
    "refusal": "The model refused",
    "internal": "Internal error",
}

_GENERAL: Final = {
    "modelNotFound": "Check the model ID: it must be one that this provider offers, spelled exactly.",
    "toolsUnsupported": "Choose a model that supports tools: agentls calls tools natively and has no text fallback.",
    "toolCallRejected": "Try again; if it keeps happening, choose a model that is better at tool calling.",
    "contextLength": "Start a new task or send less text, and set the context window of the model in the settings.",
    "rateLimit": "Wait and try again, or raise the limit of your account; rateLimitS spaces out requests.",
    "quota": "Add credits or raise the spending limit at the provider; trying again does not help.",
    "contentFilter": "Change the prompt or the files it includes; the provider's filter blocked them.",
    "badRequest": "Read what the server says; a custom setting such as extraBody or reasoningEffort may be the cause.",
    "server": "Try again in a moment; if it stays, look at the provider's status page or the server's log.",
    "overloaded": "Try again in a moment, or choose another model.",
    "connection": "Check that the base URL is right and that the server can be reached from this machine.",
    "proxy": "Check the provider's proxy setting: its address, and the user name and password if it wants them.",
    "tls": "Check the base URL's host name; behind a company proxy, set caBundle to its certificate file.",
    "timeout": "Try again; for a slow or reasoning model raise timeouts.firstByteS in the provider's settings.",
    "streamBroken": "Try again; a proxy or gateway between here and the model may cut long answers.",
    "badStream": "Check that the base URL names an OpenAI-compatible API and not a web page or another protocol.",
    "emptyResponse": "Try again; if it stays, the prompt may be larger than the context the server was started with.",
    "refusal": "Word the request differently, or choose another model.",
    "internal": "This is a fault of agentls: please report it with the server's log.",
}
_UNREACHED: Final = r"econnrefused|connection refused|cannot connect to host|connection error|name or service not"
_ENDLESS: Final = (
    r"than can be kept|larger than \d{1,12} bytes|nothing but blanks|more than \d{1,9} tool calls"
    r"|answer to a small question"
)
_RENEWED: Final = (
    r"per[ -]?day\b|perday|(daily|weekly|monthly|hourly|session|usage|\d hour) (usage |token )?limit|this period"
)


def advice_for(
    code: str,
    kind: str,
    server: ServerHint,
    *,
    words: str = "",
    html: bool = False,
    transport: str = "",
    status: int | None = None,
    context_size: int | None = None,
) -> str:
    """One or two sentences on what to do about `code` on this kind of server. `words` is the error in lower case."""
    advice = (
        (transport and transport_advice(transport, kind, server, words))
        or _special(code, kind, server, words, html, transport, status)
        or _usual(code, kind, server)
    )
    if code == "contextLength" and context_size:
        advice = f"The server has room for {context_size:,} tokens. {_sized(advice, context_size)}"
    return advice if len(advice) <= LONGEST_ADVICE else advice[: LONGEST_ADVICE - 1].rstrip() + "…"


def _sized(advice: str, context_size: int) -> str:
    if advice != _GENERAL["contextLength"]:
        return advice
    return f"Start a new task or send less text, and set the model's context window to {context_size} in the settings."


def _usual(code: str, kind: str, server: ServerHint) -> str:
    """The sentence for this code and kind, else for the code."""
    if by_server := BY_SERVER.get((code, kind)):
        return by_server.replace("{model}", server.model[:80] or "and its name")
    if code == "quota" and kind in CREDIT_PAGES:
        return f"Add credits or raise the spending limit: {CREDIT_PAGES[kind]}. Trying again does not help."
    if code == "modelNotFound":
        offered = f"one that {NAMES[kind]} offers" if kind in NAMES else "one that this provider offers"
        page = f"; see {MODEL_PAGES[kind]}" if kind in MODEL_PAGES else ""
        said = f" The settings say “{server.model[:80]}”." if server.model else ""
        return f"Check the model ID: it must be {offered}, spelled exactly{page}.{said}"
    if code in ("server", "overloaded") and kind in LOCAL_KINDS:
        return f"Try again in a moment; if it stays, the log of {NAMES[kind]} says why."
    return _GENERAL[code]


def _special(
    code: str, kind: str, server: ServerHint, words: str, html: bool, transport: str, status: int | None
) -> str:
    """What the words themselves ask for, before the kind of server does."""
    match code:
        case "endpointNotFound":
            return address_advice(kind, server, words=words, html=html, transport=transport)
        case "auth":
            return auth_advice(kind, server, words=words, html=html, status=status)
        case "toolsUnsupported":
            return _tools(kind, words)
        case "contextLength":
            return _size(words, html)
        case "badRequest":
            return refusal_advice(words)
        case "modelNotFound":
            return missing_advice(words, status) or _broken(code, kind, words)
        case "server" | "overloaded" | "timeout":
            return _broken(code, kind, words)
        case "badStream" if re.search(_ENDLESS, words):
            return (
                "The model does not come to an end: try again, set Max Output Tokens in the model configuration, or"
                " choose another model."
            )
        case "rateLimit" if "per minute" not in words and (renewed := re.search(_RENEWED, words)):
            limit = "day's limit" if "day" in renewed.group() or "daily" in renewed.group() else "limit of your plan"
            return f"The {limit} is used up: wait until it is renewed, raise the account's tier, or use another model."
    return ""


def _tools(kind: str, words: str) -> str:
    if "streaming" in words:
        return "This server has no tool calling while streaming: turn streaming off in the provider's settings."
    if kind not in NAMES and "as text" in words:
        return (
            "Have the server parse the model's tool calls (vLLM: --enable-auto-tool-choice and --tool-call-parser;"
            " llama.cpp: --jinja), or choose a model with native tool calling."
        )
    if "tool_choice" in words and "no endpoints" in words:
        return "No provider of this model takes the kind of tool choice asked for: choose another model."
    return ""


def _size(words: str, html: bool) -> str:
    if rate := told_token_rate(words):
        limit, over = rate
        return (
            f"This one request needs more than your limit of {limit:,} tokens a {over}: send less, lower"
            " maxOutputTokens (it counts too), or raise the account's tier."
        )
    if html or "entity too large" in words or "payload too large" in words or "content too large" in words:
        return (
            "The request is too big for the server or a proxy before it: send fewer or smaller images and files, or"
            " raise its limit (nginx: client_max_body_size)."
        )
    return ""


def _broken(code: str, kind: str, words: str) -> str:
    if re.search(MEMORY, words):
        return (
            "The server has too little memory for this model: free some, or choose a smaller model, quantization or"
            " context."
        )
    if code == "modelNotFound":
        return ""
    if re.search(GRAMMAR, words):
        return OWN_GRAMMAR
    if takes_no_images(words):
        return "The model takes no images: turn off imageSupport for it, or start the server with its mmproj file."
    if re.search(_UNREACHED, words):
        return (
            "The gateway answers but cannot reach the model server behind it: check that one and the gateway's"
            " settings."
        )
    if code == "overloaded" and "loading" in words and kind != "llamacpp":
        return "The server is still loading the model: wait a little and try again."
    return ""
