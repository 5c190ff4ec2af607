"""Step `contextWindow`: does the server take as much as the profile says?

Compares three words (H3): the profile's, the model list's, and the running server's own. The last one holds: a
server may be started with far less than its model is made for, and some cut what is too long without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agentls.engine.check.verdict import Verdict, fail, ok, skipped, warn

if TYPE_CHECKING:
    from agentls.chat.models.model_facts import ModelFacts
    from agentls.chat.models.server_word import ServerWord
    from agentls.engine.check.probes import Probes

SMALL: Final = 16_000
"""Tokens below which there is hardly room for work beside instructions, tools and one file."""
_RAISE: Final = {
    "llamacpp": "restart llama-server with --ctx-size {tokens} (times --parallel, if slots share it)",
    "ollama": "start Ollama with OLLAMA_CONTEXT_LENGTH={tokens}, or set num_ctx {tokens} in the model's Modelfile",
    "lmstudio": "reload the model in LM Studio with a context length of {tokens}",
    "vllm": "restart vLLM with --max-model-len {tokens}",
    "sglang": "restart SGLang with --context-length {tokens}",
    "tgi": "restart TGI with --max-total-tokens {tokens}",
}


@dataclass(frozen=True, slots=True)
class Window:
    """What the server's side says."""

    tokens: int
    said_by: str
    is_own_word: bool
    """The running server says so itself; a list may speak of the model in general."""


async def judge(probes: Probes) -> Verdict:
    """The profile's window against the server's."""
    facts, word, kind = await probes.facts(), await probes.word(), probes.hint.kind
    window = _window(probes, facts, word)
    claimed = probes.effective.context_window
    source = probes.effective.sources.get("contextWindow", "default")
    if window is None:
        return _unknown(claimed, source, word)
    if claimed > window.tokens:
        return _too_large(claimed, source, window, kind)
    if window.tokens < SMALL:
        return warn(
            f"{window.said_by} {window.tokens:,} tokens: too few for the agent's work, which begins at about"
            f" {SMALL:,}.",
            _raise(kind, 32_768, otherwise="Choose a model with a larger context."),
        )
    too_much = _output(probes, facts, window)
    if too_much is not None:
        return too_much
    if claimed < window.tokens:
        return ok(f"{window.said_by} {window.tokens:,} tokens; the settings allow {claimed:,} of them.")
    return ok(f"{window.said_by} {window.tokens:,} tokens, and all of them are used.")


def _window(probes: Probes, facts: ModelFacts | None, word: ServerWord | None) -> Window | None:
    if word is not None and word.context_window is not None:
        return Window(word.context_window, f"The running server says ({word.source}):", is_own_word=True)
    if facts is not None and facts.context_window is not None:
        return Window(facts.context_window, "The model list says:", is_own_word=probes.hint.is_local)
    return None


def _unknown(claimed: int, source: str, word: ServerWord | None) -> Verdict:
    made_for = ""
    if word is not None and word.trained_window is not None:
        made_for = f" The model is made for {word.trained_window:,}, but the server may have been started with less."
    if source == "set":
        return skipped(f"The server does not say how much it takes; the settings say {claimed:,} tokens.{made_for}")
    return warn(
        f"Nobody says how much the model takes; {claimed:,} tokens are assumed.{made_for}",
        "Set the context window of the model in the settings: what is assumed may be far from it.",
    )


def _too_large(claimed: int, source: str, window: Window, kind: str) -> Verdict:
    whose = "the settings say" if source == "set" else "it is taken for"
    detail = f"{window.said_by} {window.tokens:,} tokens, but {whose} {claimed:,}."
    advice = _raise(kind, claimed, otherwise="", first=f"Set the context window to {window.tokens} in the settings")
    return fail(detail, advice) if window.is_own_word else warn(detail, advice)


def _output(probes: Probes, facts: ModelFacts | None, window: Window) -> Verdict | None:
    """An output limit that leaves no room, or that the model does not have."""
    limit = probes.inquiry.provider.model.max_output_tokens
    most = facts.max_output_tokens if facts is not None and facts.max_output_tokens is not None else window.tokens
    if limit is None or limit <= most:
        return None
    return warn(
        f"{window.said_by} {window.tokens:,} tokens. maxOutputTokens is {limit:,}, more than the {most:,} there are.",
        f"Set Max Output Tokens to {most} or leave it empty: servers may refuse a larger one.",
    )


def _raise(kind: str, tokens: int, *, otherwise: str, first: str = "") -> str:
    how = _RAISE.get(kind, "").format(tokens=tokens)
    if not how:
        return f"{first}." if first else otherwise
    return f"{first}, or {how}." if first else f"{how[0].upper()}{how[1:]}."
