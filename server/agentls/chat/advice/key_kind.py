"""Which provider's keys an API key looks like, by its prefix.

Knows prefixes as providers document them, or as their consoles show them; keeps nothing of the key. Invariant: the
answer is a kind of `server.NAMES` or of no other provider here (`FOREIGN`), never a part of the key.
"""

import re
from typing import Final

_PREFIXES: Final = (
    ("sk-or-", "openrouter"),
    ("sk-ant-", "anthropic"),
    ("sk-proj-", "openai"),
    ("sk-svcacct-", "openai"),
    ("sk-admin-", "openai"),
    ("gsk_", "groq"),
    ("xai-", "xai"),
    ("hf_", "huggingface"),
    ("nvapi-", "nim"),
    ("pplx-", "perplexity"),
    ("AIza", "gemini"),
    ("csk-", "cerebras"),
    ("tgp_v1_", "together"),
    ("fw_", "fireworks"),
    ("esecret_", "anyscale"),
    ("dapi", "databricks"),
    ("github_pat_", "github"),
    ("ghp_", "github"),
    ("gho_", "github"),
    ("sk-lf-", "langfuse"),
    ("pk-lf-", "langfuse"),
)
FOREIGN: Final = {"anthropic": "Anthropic", "github": "GitHub", "langfuse": "Langfuse"}
"""Names of kinds whose keys are often pasted, and that are no kind of server here."""
_OLD_OPENAI: Final = r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"


def key_kind(key: str) -> str:
    """The kind of provider whose keys look like this one, or "" when the shape says nothing (I2).

    A bare `sk-` says nothing: OpenAI, DeepSeek, Moonshot, DashScope and most gateways use it.
    """
    key = key[:200].strip()
    for prefix, kind in _PREFIXES:
        if key.startswith(prefix) and len(key) >= len(prefix) + 8:
            return kind
    return "openai" if re.fullmatch(_OLD_OPENAI, key) else ""
