"""What a user can do about each failure, for each server where that is known.

Knows codes, kinds of server and words of the error; knows no request. Every code has a title and a sentence; where
the server is known the sentence names its own command, page or flag. The words follow each server's documentation.
"""

from typing import Final

from agentls.chat.server import LOCAL_KINDS, NAMES, ServerHint

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
    "auth": "Check that the API key is the one for this provider and was entered whole, without spaces.",
    "modelNotFound": "Check the model ID: it must be one that this provider offers, spelled exactly.",
    "endpointNotFound": "Check the base URL: most servers want it to end in /v1, once, without /chat/completions.",
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

_BASE_URLS: Final = {
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "groq": "https://api.groq.com/openai/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "perplexity": "https://api.perplexity.ai",
    "together": "https://api.together.xyz/v1",
    "mistral": "https://api.mistral.ai/v1",
    "deepseek": "https://api.deepseek.com",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "zai": "https://api.z.ai/api/paas/v4",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "xai": "https://api.x.ai/v1",
    "cerebras": "https://api.cerebras.ai/v1",
    "huggingface": "https://router.huggingface.co/v1",
    "nim": "https://integrate.api.nvidia.com/v1",
    "azure": "https://YOUR-RESOURCE.openai.azure.com/openai/v1",
    "ollama": "http://localhost:11434/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llamacpp": "http://localhost:8080/v1",
    "vllm": "http://localhost:8000/v1",
    "sglang": "http://localhost:30000/v1",
}

_KEY_PAGES: Final = {
    "openai": "platform.openai.com/api-keys",
    "openrouter": "openrouter.ai/settings/keys",
    "groq": "console.groq.com/keys",
    "gemini": "aistudio.google.com/apikey",
    "perplexity": "perplexity.ai/settings/api",
    "together": "api.together.ai/settings/api-keys",
    "mistral": "console.mistral.ai/api-keys",
    "deepseek": "platform.deepseek.com/api_keys",
    "xai": "console.x.ai",
    "fireworks": "fireworks.ai/account/api-keys",
    "cerebras": "cloud.cerebras.ai",
    "huggingface": "huggingface.co/settings/tokens",
    "nim": "build.nvidia.com",
}

_BY_SERVER: Final = {
    (
        "auth",
        "azure",
    ): "Check that the key belongs to this Azure resource and region; each resource has keys of its own.",
    ("modelNotFound", "ollama"): "Pull the model first: ollama pull {model}. `ollama list` shows what is there.",
    ("modelNotFound", "lmstudio"): "Load the model in LM Studio and use the identifier shown in its Developer tab.",
    (
        "modelNotFound",
        "vllm",
    ): "Use the name vLLM was started with (--served-model-name, else the model path); GET /v1/models lists it.",
    ("modelNotFound", "sglang"): "Use the name SGLang was started with; GET /v1/models lists it.",
    ("modelNotFound", "azure"): "On Azure the model ID is the name of your deployment, not of the model.",
    (
        "modelNotFound",
        "openrouter",
    ): "Use the whole ID with the vendor, as on openrouter.ai/models, such as vendor/model.",
    (
        "modelNotFound",
        "together",
    ): "Use a serverless model's whole ID from api.together.ai/models, or start a dedicated endpoint for it.",
    (
        "modelNotFound",
        "perplexity",
    ): "Use one of Perplexity's current model names (docs.perplexity.ai lists them), such as sonar-pro.",
    ("modelNotFound", "litellm"): "Use a model_name from the proxy's config.yaml; GET /v1/models lists them.",
    ("modelNotFound", "databricks"): "On Databricks the model ID is the name of the serving endpoint.",
    (
        "toolsUnsupported",
        "ollama",
    ): "Choose a model whose page on ollama.com carries the tools label; `ollama show {model}` lists its capabilities.",
    (
        "toolsUnsupported",
        "vllm",
    ): "Restart vLLM with --enable-auto-tool-choice --tool-call-parser PARSER (the parser of the model's family).",
    (
        "toolsUnsupported",
        "nim",
    ): "Choose a model with tool calling; a NIM of your own needs --enable-auto-tool-choice and --tool-call-parser.",
    ("toolsUnsupported", "sglang"): "Restart SGLang with --tool-call-parser set to the model's family.",
    (
        "toolsUnsupported",
        "llamacpp",
    ): "Restart llama-server with --jinja, with a model whose chat template knows tools.",
    ("toolsUnsupported", "lmstudio"): "Choose a model that LM Studio marks with the tool badge, and update LM Studio.",
    (
        "toolsUnsupported",
        "openrouter",
    ): "Choose a model from openrouter.ai/models?supported_parameters=tools, or allow more providers for it.",
    (
        "toolsUnsupported",
        "perplexity",
    ): "Perplexity's Sonar models take no tools: choose a model from another provider for agent work.",
    ("toolsUnsupported", "groq"): "Choose a Groq model listed under tool use in console.groq.com/docs.",
    ("toolsUnsupported", "together"): "Choose a Together model listed under function calling in its documentation.",
    (
        "contextLength",
        "ollama",
    ): "Raise the context of the running model (num_ctx, or OLLAMA_CONTEXT_LENGTH), or send less.",
    ("contextLength", "lmstudio"): "Reload the model in LM Studio with a larger context length, or send less.",
    (
        "contextLength",
        "llamacpp",
    ): "Restart llama-server with a larger --ctx-size (it is shared among --parallel slots), or send less.",
    ("contextLength", "vllm"): "Raise --max-model-len, lower maxOutputTokens, or send less.",
    (
        "emptyResponse",
        "lmstudio",
    ): "Reload the model in LM Studio with a larger context length: an overflow can end in an empty answer.",
    (
        "quota",
        "openrouter",
    ): "Add credits at openrouter.ai/settings/credits, or lower maxOutputTokens: it counts against the balance.",
    ("quota", "deepseek"): "Top up at platform.deepseek.com; the balance is empty.",
    (
        "quota",
        "openai",
    ): "Add credits at platform.openai.com/settings/organization/billing; ChatGPT plans do not pay for the API.",
    ("connection", "ollama"): "Start Ollama (ollama serve) and use http://localhost:11434/v1 as the base URL.",
    (
        "connection",
        "lmstudio",
    ): "Start the server in LM Studio (Developer tab, or lms server start); its base URL is http://localhost:1234/v1.",
}


def advice_for(
    code: str, kind: str, server: ServerHint, *, words: str = "", html: bool = False, transport: str = ""
) -> str:
    """One or two sentences on what to do about `code` on this kind of server. `words` is the error in lower case."""
    special = _special(code, kind, server, words, html, transport)
    if special:
        return special
    kind = _told_by(words) or kind
    by_server = _BY_SERVER.get((code, kind))
    if by_server:
        return by_server.format(model=server.model or "MODEL")
    if code == "auth" and kind in _KEY_PAGES:
        return f"{_GENERAL['auth']} Keys for {NAMES[kind]} are made at {_KEY_PAGES[kind]}."
    if code == "modelNotFound" and server.model:
        return f"{_GENERAL[code]} The settings say “{server.model}”."
    return _GENERAL[code]


def _told_by(words: str) -> str:
    """The server an error names by its own flags, whatever stands in front of it."""
    if "--jinja" in words:
        return "llamacpp"
    if "enable-auto-tool-choice" in words:
        return "vllm"
    if "ollama" in words:
        return "ollama"
    return ""


def _special(code: str, kind: str, server: ServerHint, words: str, html: bool, transport: str) -> str:
    match code:
        case "endpointNotFound":
            return _endpoint(kind, server, html, transport)
        case "connection":
            return _connection(kind, server, transport)
        case "auth" if "country" in words:
            return (
                "The provider does not serve your country or region with this model: choose another model or provider."
            )
        case "auth" if kind in LOCAL_KINDS or server.is_local:
            return "The server was started with an API key: enter the same one in the settings."
        case "toolsUnsupported" if "streaming" in words:
            return "This server has no tool calling while streaming: turn streaming off in the provider's settings."
        case "badRequest" if "data policy" in words:
            return "Your account's privacy settings rule this model out: change them at openrouter.ai/settings/privacy."
        case "badRequest" if "thought_signature" in words or "reasoning_content" in words:
            return "The provider wants its own reasoning back: start a new task after changing the model or provider."
        case "server" if "mmproj" in words or "image input is not supported" in words:
            return "The model takes no images: turn off imageSupport for it, or start the server with its mmproj file."
    return ""


def _endpoint(kind: str, server: ServerHint, html: bool, transport: str) -> str:
    url = server.base_url.rstrip("/")
    if transport == "redirect":
        return "Redirects are not followed: set the base URL to the address the server points to."
    if "/v1/v1" in url:
        return f"The base URL has /v1 twice; use {url.replace('/v1/v1', '/v1')}."
    known = _BASE_URLS.get(kind)
    if known and url != known:
        return f"Check the base URL: for {NAMES[kind]} it is {known}."
    if url and not url.endswith(("/v1", "/v4", "/openai", "/v2", "/v3")) and not known:
        return f"Check the base URL: most servers want {url}/v1."
    page = "It is a web page that answers, not an API. " if html else ""
    return page + _GENERAL["endpointNotFound"]


def _connection(kind: str, server: ServerHint, transport: str) -> str:
    if transport == "dns":
        return "The host name cannot be found: check the base URL's spelling and the network connection."
    if transport == "refused":
        if by_server := _BY_SERVER.get(("connection", kind)):
            return by_server
        if server.is_local:
            return f"Nothing listens at {server.base_url}: start the server, or correct the port in the base URL."
        return "The host is there but refuses this port: check the port and the scheme of the base URL."
    return _GENERAL["connection"]
