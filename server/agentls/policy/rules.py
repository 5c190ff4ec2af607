"""Decides whether an action may happen: deny rules, then questions, then permissions.

It must not know who will be asked, or how. The same action under the same rules gives the same verdict.
Invariant: a deny rule beats every permission; a protected file asks in every mode; nothing writes or runs in
an untrusted workspace or in `readOnly`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, assert_never

from agentls.policy.programs import hazard, is_launcher, program_name, unpinned
from agentls.policy.protected import visible
from agentls.policy.shell import NotPlain, PlainCommands, Words, analyse

if TYPE_CHECKING:
    from collections.abc import Iterable

Mode: TypeAlias = Literal["readOnly", "ask", "acceptEdits", "full"]
Decision: TypeAlias = Literal["allow", "allowForTask", "allowUnsandboxed", "deny"]
DenyCode: TypeAlias = Literal["workspace.untrusted", "approval.readOnly", "approval.denyRule", "sandbox.required"]

ONCE: Final[tuple[Decision, ...]] = ("allow", "deny")
FOR_TASK: Final[tuple[Decision, ...]] = ("allow", "allowForTask", "deny")


@dataclass(frozen=True, slots=True)
class ReadAction:
    """Looks, asks or notes, but changes and runs nothing."""


@dataclass(frozen=True, slots=True)
class EditAction:
    """Writes one file inside the roots."""

    path: str
    """The absolute, resolved path: what a grant is bound to."""
    relative: str
    """The same file as the user knows it."""
    protected_reason: str | None = None
    """From `protection`; None when the file is an ordinary one."""
    hardlinked: bool = False
    """The file has a second name, which may lie outside the roots (B075)."""


@dataclass(frozen=True, slots=True)
class CommandAction:
    """Runs one command line in a folder."""

    command: str
    cwd: str


Action: TypeAlias = ReadAction | EditAction | CommandAction


@dataclass(frozen=True, slots=True)
class CommandGrant:
    """`allowForTask` for this exact text in this exact folder."""

    command: str
    cwd: str


@dataclass(frozen=True, slots=True)
class EditGrant:
    """`allowForTask` for this absolute path."""

    path: str


Grant: TypeAlias = CommandGrant | EditGrant


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user has decided beforehand."""

    mode: Mode = "ask"
    allow_commands: tuple[str, ...] = ()
    deny_commands: tuple[str, ...] = ()
    trusted: bool = True
    task_grants: frozenset[Grant] = frozenset()
    sandbox_missing: bool = False
    """The user wants no command to run without a sandbox, and there is none."""
    posix_shell: bool = True
    """False where commands run in cmd.exe: the grammar does not describe it, so no rule can allow there."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may happen without a question."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The user decides; `reason` is a sentence, `decisions` the answers that make sense."""

    reason: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Deny:
    """It does not happen; `reason` is a sentence, `code` is stable."""

    reason: str
    code: DenyCode


Verdict: TypeAlias = Allow | Ask | Deny


def decide(action: Action, rules: Rules) -> Verdict:
    """Say whether `action` may happen under `rules`."""
    match action:
        case ReadAction():
            return Allow()
        case EditAction():
            return _gate(rules, "change files") or _decide_edit(action, rules)
        case CommandAction():
            return _gate(rules, "run commands") or _decide_command(action, rules)
        case _:
            assert_never(action)


def grant_for(action: Action) -> Grant | None:
    """What `allowForTask` remembers for this action; None when it must be asked about every time."""
    match action:
        case ReadAction():
            return None
        case EditAction():
            if action.protected_reason is not None or action.hardlinked:
                return None
            return EditGrant(action.path)
        case CommandAction():
            analysis = analyse(action.command)
            if isinstance(analysis, NotPlain) or any(unpinned(argv) for argv in analysis.commands):
                return None
            return CommandGrant(action.command, action.cwd)
        case _:
            assert_never(action)


def rule_problem(rule: str) -> str | None:
    """Why this allow rule can never match, as a sentence; None when it can."""
    words = _rule_words(rule)
    if words is None:
        return "An allow rule is the leading words of one command, without patterns or shell syntax."
    reason = unpinned(words)
    return None if reason is None else f"This rule is never used: {reason}."


def _gate(rules: Rules, doing: str) -> Deny | None:
    if not rules.trusted:
        return Deny(f"The workspace is not trusted: the agent may not {doing} in it.", "workspace.untrusted")
    if rules.mode == "readOnly":
        return Deny(f"The approval mode is read-only: the agent may not {doing}.", "approval.readOnly")
    return None


def _decide_edit(action: EditAction, rules: Rules) -> Verdict:
    if action.protected_reason is not None:
        return Ask(action.protected_reason, ONCE)
    if action.hardlinked:
        return Ask(f"{visible(action.relative)} has a second name (a hard link), perhaps outside the workspace.", ONCE)
    if rules.mode in ("acceptEdits", "full") or EditGrant(action.path) in rules.task_grants:
        return Allow()
    return Ask(f"Changing {visible(action.relative)} needs your approval.", FOR_TASK)


def _decide_command(action: CommandAction, rules: Rules) -> Verdict:
    if rules.sandbox_missing:
        why = "No command runs without a sandbox (command.sandbox is `required`), and this machine has none."
        return Deny(why, "sandbox.required")
    analysis = analyse(action.command)
    if (stopped := _check_deny(analysis, rules)) is not None:
        return stopped
    if rules.mode == "full" or CommandGrant(action.command, action.cwd) in rules.task_grants:
        return Allow()
    decisions = ONCE if grant_for(action) is None else FOR_TASK
    if not rules.posix_shell:
        return Ask("Commands for this system's shell cannot be analysed, so each one asks.", decisions)
    match analysis:
        case NotPlain(reason):
            return Ask(reason, decisions)
        case PlainCommands(commands):
            allow = [(rule, words) for rule in rules.allow_commands if (words := _rule_words(rule))]
            reasons = (_uncovered(argv, allow) for argv in commands)
            missing = next((reason for reason in reasons if reason is not None), None)
            return Allow() if missing is None else Ask(missing, decisions)
        case _:
            assert_never(analysis)


def _uncovered(argv: Words, allow: Iterable[tuple[str, Words]]) -> str | None:
    """Why no allow rule covers this argument vector, as a sentence; None when one does."""
    nearest: str | None = None
    for rule, words in allow:
        if argv[: len(words)] != words:
            continue
        reason = unpinned(words) or hazard(argv, len(words))
        if reason is None:
            return None
        nearest = f"The rule `{rule}` does not cover this: {reason}."
    return nearest or f"No allow rule covers `{argv[0]}`."


def _rule_words(rule: str) -> Words | None:
    match analyse(rule):
        case PlainCommands((words,)):
            return words
        case _:
            return None


def _check_deny(analysis: PlainCommands | NotPlain, rules: Rules) -> Ask | Deny | None:
    """A deny rule that matches denies; one that might match asks, even in `full` mode."""
    if not rules.deny_commands:
        return None
    doubt: Ask | None = None
    commands = analysis.commands if isinstance(analysis, PlainCommands) else analysis.mentioned
    for rule in rules.deny_commands:
        words = _rule_words(rule) or tuple(rule.split())
        if not words:
            continue
        for argv in commands:
            if _denies(words, argv):
                return Deny(f"The deny rule `{rule}` forbids this command.", "approval.denyRule")
            if _mentions(words, argv):
                doubt = Ask(f"The deny rule `{rule}` may forbid this command.", ONCE)
    if doubt is None and not (isinstance(analysis, PlainCommands) and rules.posix_shell):
        doubt = Ask("The command could not be checked against the deny rules.", ONCE)
    if doubt is None and any(unpinned(argv) for argv in commands):
        doubt = Ask("The command runs code that the deny rules cannot be checked against.", ONCE)
    return doubt


def _denies(rule: Words, argv: Words) -> bool:
    """Broader than allowing: any path of the program, options between the words, and behind wrappers."""
    starts = range(len(argv)) if argv and is_launcher(argv[0]) else range(min(1, len(argv)))
    for start in starts:
        if program_name(argv[start]) != program_name(rule[0]):
            continue
        verbs = [word for word in argv[start + 1 :] if not word.startswith("-") or word in rule]
        if tuple(verbs[: len(rule) - 1]) == rule[1:]:
            return True
    return False


def _mentions(rule: Words, argv: Words) -> bool:
    """The program is there and the rule's other words appear somewhere after it, in order."""
    names = [program_name(word) for word in argv]
    program = program_name(rule[0])
    if program not in names:
        return False
    rest = iter(argv[names.index(program) + 1 :])
    return all(word in rest for word in rule[1:])
