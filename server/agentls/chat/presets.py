"""What is known of each host's dialect before the first request, as data.

Knows kinds of server (`server.py`), no requests. Invariant: a row says only what is known to differ, and a host
without differences has an empty row; nothing else in the program depends on a host's name.
"""

from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.server import ServerHint, host_of, server_kind

_NO_KEYS: Final = frozenset[str]()
_LENGTHS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"})
_CACHES_ALONE: Final = Dialect(cache_marks="never")
"""It caches what requests have in common without being told."""
_OPENAI: Final = Dialect(
    max_tokens_param="max_completion_tokens",  # G11: its reasoning models refuse max_tokens
    call_id_rule="safe",  # A12: ids of other providers may be longer than the 40 characters it takes
    replayed_keys=_NO_KEYS,  # G21: unknown keys of messages are refused
    cache_marks="never",  # G21; it caches without them
    max_tools=128,  # G19
)

PRESETS: Final = MappingProxyType(
    {
        "openai": _OPENAI,
        "azure": _OPENAI,
        "azureai": Dialect(
            replayed_keys=_NO_KEYS,  # G21
            tool_choice="words",  # G15: "Input should be a valid string" from some of its models
        ),
        "openrouter": Dialect(),
        "together": Dialect(),
        "perplexity": Dialect(merge_same_role=True),  # G4
        "anyscale": Dialect(),
        "groq": Dialect(
            replayed_keys=_NO_KEYS,  # G21
            cache_marks="never",  # G8: contents of tools and instructions as text only
            max_tools=128,  # G19
        ),
        "mistral": Dialect(
            call_id_rule="nine",  # G2
            bridge_tool_to_user=True,  # G3
            send_stream_options=False,  # G14; it reports usage without being asked (E5)
            required_word="any",  # G15
            empty_content="empty",  # G6: its own library refuses null
            replayed_keys=_NO_KEYS,  # G21
            cache_marks="never",  # G21
            max_tools=128,  # G19
        ),
        "deepseek": Dialect(
            replay_reasoning="reasoning_content",  # E25
            fill_reasoning=True,  # E25: on every message
            cache_marks="never",  # G8: tool results as text only; it caches without marks
        ),
        "xai": Dialect(schema_refused=_LENGTHS, cache_marks="never"),  # G17
        "fireworks": Dialect(schema_refused=frozenset({"oneOf"}), cache_marks="never"),  # G17
        "cerebras": Dialect(replayed_keys=_NO_KEYS, cache_marks="never"),  # E25, G21
        "sambanova": Dialect(),
        "moonshot": Dialect(
            replay_reasoning="reasoning_content",  # E25
            fill_reasoning=True,  # E25: on every message with calls
            schema_refused=frozenset({"$ref"}),  # G17: nothing may stand beside a reference
            cache_marks="never",
        ),
        "zai": Dialect(
            replay_reasoning="reasoning_content",  # E25: it is to be kept between a call and its result
            cache_marks="never",
        ),
        "minimax": Dialect(replay_reasoning="think_tags"),  # E16, E25: its answers go back with their think tags
        "dashscope": Dialect(),
        "gemini": Dialect(
            schema_form="plain",  # G17
            null_form="nullable",  # G17: no lists of types
            cache_marks="never",
            max_tools=512,  # G19
        ),
        "cloudflare": Dialect(empty_content="empty"),  # G6
        "huggingface": Dialect(empty_content="empty"),  # G6
        "nim": Dialect(replayed_keys=_NO_KEYS),  # G21, G22
        "databricks": Dialect(),
        "anthropic": Dialect(call_id_rule="safe"),  # G2
        "litellm": Dialect(),
        "vllm": _CACHES_ALONE,
        "sglang": _CACHES_ALONE,
        "llamacpp": Dialect(schema_refused=frozenset({"pattern"}), cache_marks="never"),  # G17: its grammars
        "ollama": Dialect(empty_content="empty", cache_marks="never"),  # G6
        "lmstudio": Dialect(empty_content="empty", cache_marks="never"),  # G6
        "tgi": Dialect(empty_content="empty", tool_choice="words"),  # G6, G15
    }
)
"""By kind of server, as `server.py` names them; `azureai` is Azure's model inference, which it names `azure`."""

NO_DIFFERENCE: Final = MappingProxyType(
    {
        "openrouter": "It takes the form that everyone knows and writes it anew for the provider behind it.",
        "together": "What it refuses depends on the model, and its refusals teach it.",
        "anyscale": "No refusal of its own is known; what it refuses is learned.",
        "sambanova": "No refusal of its own is known; what it refuses is learned.",
        "dashscope": "What it refuses depends on the model, and its refusals teach it.",
        "databricks": "Its models come from several makers; what one refuses is learned by model.",
        "litellm": "It drops or translates by the provider behind it, which a preset cannot know.",
    }
)
"""Why a row of `PRESETS` is empty: nothing was forgotten."""

_INFERENCE: Final = (".services.ai.azure.com", ".inference.ai.azure.com", ".models.ai.azure.com")


def preset(server: ServerHint) -> Dialect:
    """The dialect to begin with for a server, by its kind; the default for a server nobody told about."""
    return PRESETS.get(_kind(server), DEFAULT)


def _kind(server: ServerHint) -> str:
    if not server.kind and host_of(server.base_url).endswith(_INFERENCE):
        return "azure" if "/openai" in urlsplit(server.base_url).path else "azureai"
    return server_kind(server)
