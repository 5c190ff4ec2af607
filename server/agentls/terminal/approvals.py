"""Who answers when the agent asks: a person at the terminal, nobody, or the demo itself.

It does not know the client; it turns one request into one decision. Invariant: only a clear yes allows; an
empty line asks again, and a closed terminal denies.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Literal, Protocol

from agentls.terminal.keyboard import Keyboard
from agentls.terminal.messages import ApprovalRequested, QuestionRequested
from agentls.terminal.text import printable
from agentls.terminal.timeline import Timeline

PROMPT = "  > "
LETTERS = {"a": "allowForTask", "u": "allowUnsandboxed"}
Verdict = Literal["allow", "allowForTask", "allowUnsandboxed", "deny"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer to an approval."""

    verdict: Verdict
    comment: str | None = None
    """What the model is told with it."""


class Asker(Protocol):
    """Whoever decides."""

    async def decide(self, request: ApprovalRequested) -> Decision:
        """Allow or deny; cancelled when the approval is resolved elsewhere."""

    async def answer(self, question: QuestionRequested) -> str:
        """Answer a question of the model."""


class Nobody:
    """No terminal: what needs an approval is denied, and both the model and the log are told why."""

    def __init__(self, timeline: Timeline | None) -> None:
        self._timeline = timeline

    async def decide(self, request: ApprovalRequested) -> Decision:
        self._say("  ! no terminal to ask in: denied; run with --approve edits or --approve all to allow more")
        return Decision("deny", "Nobody can be asked: the agent runs without a terminal.")

    async def answer(self, question: QuestionRequested) -> str:
        self._say("  ! no terminal to ask in: the model is told to decide by itself")
        return "Nobody can be asked: the agent runs without a terminal. Decide by yourself."

    def _say(self, text: str) -> None:
        if self._timeline is not None:
            self._timeline.say("warning", text)


class AlwaysAllow:
    """The demo's answer to its own script, said in a visible line."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    async def decide(self, request: ApprovalRequested) -> Decision:
        self._timeline.say("ask", "  ! the demo answers for you: yes")
        return Decision("allow")

    async def answer(self, question: QuestionRequested) -> str:
        return question.options[0] if question.options else "Decide by yourself."


class Person:
    """Someone at the keyboard; the questions stand on stderr, so that stdout stays clean for `--json`."""

    def __init__(self, keyboard: Keyboard, timeline: Timeline | None) -> None:
        self._keyboard = keyboard
        self._timeline = timeline

    async def decide(self, request: ApprovalRequested) -> Decision:
        if self._timeline is None:
            subject = request.subject
            about = subject.command or subject.origin or subject.path or ""
            unified = subject.diff.unified if subject.diff is not None else ""
            _show([request.title, *about.split("\n"), *unified.split("\n")])
        choices = _choices(request.decisions)
        prompt = f"  Allow?  {choices}   or say what to do instead\n{PROMPT}"
        while True:
            typed = await self._ask(prompt)
            if typed is None:
                return Decision("deny", "The terminal was closed.")
            decision = read_decision(typed, request.decisions)
            if decision is not None:
                return decision
            prompt = f"  That is no answer here. Type {_letters(request.decisions)}, or some words.\n{PROMPT}"

    async def answer(self, question: QuestionRequested) -> str:
        if self._timeline is None:
            _show([question.question, *question.options])
        while True:
            typed = await self._ask(PROMPT)
            if typed is None:
                return "The terminal was closed. Decide by yourself."
            text = typed.strip()
            if text.isdecimal() and 1 <= int(text[:4]) <= len(question.options):
                return question.options[int(text[:4]) - 1]
            if text:
                return text

    async def _ask(self, prompt: str) -> str | None:
        if self._timeline is not None:
            self._timeline.pause()
        try:
            self._keyboard.forget()
            sys.stderr.write(prompt)
            sys.stderr.flush()
            return await self._keyboard.line()
        except asyncio.CancelledError:
            sys.stderr.write("\n")  # the question is left standing, and what comes next begins a line
            raise
        finally:
            if self._timeline is not None:
                self._timeline.resume()


def read_decision(typed: str, decisions: tuple[str, ...]) -> Decision | None:
    """What a typed line means; None when it is no answer. Words deny and go to the model; a lone letter is a slip."""
    text = typed.strip()
    match text.lower():
        case "":
            return None
        case "y" | "yes":
            return Decision("allow")
        case "a" | "always":
            return Decision("allowForTask") if "allowForTask" in decisions else None
        case "u" if "allowUnsandboxed" in decisions:
            return Decision("allowUnsandboxed")
        case "n" | "no":
            return Decision("deny")
        case lone if len(lone) == 1:
            return None
        case _:
            return Decision("deny", text)


def _choices(decisions: tuple[str, ...]) -> str:
    choices = ["y = yes"]
    if "allowForTask" in decisions:
        choices.append("a = yes, for this task")
    if "allowUnsandboxed" in decisions:
        choices.append("u = yes, unsandboxed")
    return "   ".join([*choices, "n = no"])


def _letters(decisions: tuple[str, ...]) -> str:
    letters = ["y", *(letter for letter, name in LETTERS.items() if name in decisions), "n"]
    return f"{', '.join(letters[:-1])} or {letters[-1]}"


def _show(lines: list[str]) -> None:
    sys.stderr.write("".join(f"  {printable(line)}\n" for line in lines if line))
