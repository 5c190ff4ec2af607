"""Who answers an approval, and what an answer is. The keyboard is a real pseudo-terminal."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from agentls.terminal.approvals import Decision, Person, read_decision
from agentls.terminal.keyboard import Keyboard
from agentls.terminal.messages import ApprovalRequested, QuestionRequested, Subject

ALL = ("allow", "allowForTask", "allowUnsandboxed", "deny")
REQUEST = ApprovalRequested("a1", "c1", "Run ls", Subject(command="ls", cwd="."), ("allow", "allowForTask", "deny"))


@pytest.mark.parametrize(
    ("typed", "decision"),
    [
        ("y", Decision("allow")),
        (" YES ", Decision("allow")),
        ("a", Decision("allowForTask")),
        ("u", Decision("allowUnsandboxed")),
        ("n", Decision("deny")),
        ("use make instead", Decision("deny", "use make instead")),
        ("yep", Decision("deny", "yep")),
        ("j", None),
        ("2", None),
        ("", None),
        ("   ", None),
    ],
)
def test_only_a_clear_yes_allows(typed: str, decision: Decision | None) -> None:
    assert read_decision(typed, ALL) == decision


def test_a_decision_that_is_not_offered_is_not_taken() -> None:
    assert read_decision("a", ("allow", "deny")) is None
    assert read_decision("u", ("allow", "deny")) is None


class SignallingKeyboard(Keyboard):
    """Tells when it has dropped what was typed before: what is typed from then on counts."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self.asks: asyncio.Queue[None] = asyncio.Queue()

    def forget(self) -> None:
        super().forget()
        self.asks.put_nowait(None)


class Terminal:
    """A pseudo-terminal: what the user types, and the keyboard at the other end."""

    def __init__(self) -> None:
        pty = pytest.importorskip("pty")
        self.master, self.slave = pty.openpty()
        self.keyboard = SignallingKeyboard(self.slave)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.slave)
    os.close(terminal.master)


async def answered(terminal: Terminal, work: asyncio.Task[Decision], *lines: str) -> Decision:
    for line in lines:
        await terminal.keyboard.asks.get()
        terminal.type(line)
    return await work


async def test_a_slip_asks_again_and_says_what_can_be_typed(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    work = asyncio.create_task(Person(terminal.keyboard, None).decide(REQUEST))
    assert await answered(terminal, work, "\n", "x\n", "y\n") == Decision("allow")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "  Run ls\n  ls\n"
        "  Allow?  y = yes   a = yes, for this task   n = no   or say what to do instead\n  > "
        + 2
        * "  That is no answer here. Type y, a or n, or some words.\n  > "
    )


async def test_what_was_typed_before_the_question_is_no_answer(terminal: Terminal) -> None:
    terminal.type("y\n")
    work = asyncio.create_task(Person(terminal.keyboard, None).decide(REQUEST))
    assert await answered(terminal, work, "no thanks\n") == Decision("deny", "no thanks")


async def test_a_closed_terminal_denies(terminal: Terminal) -> None:
    work = asyncio.create_task(Person(terminal.keyboard, None).decide(REQUEST))
    assert await answered(terminal, work, "\x04") == Decision("deny", "The terminal was closed.")


async def test_a_question_that_is_given_up_does_not_swallow_the_next_line(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    first = asyncio.create_task(Person(terminal.keyboard, None).decide(REQUEST))
    await terminal.keyboard.asks.get()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert capsys.readouterr().err.endswith("> \n"), "what comes next begins a line"
    second = asyncio.create_task(Person(terminal.keyboard, None).decide(REQUEST))
    assert await answered(terminal, second, "mine\n") == Decision("deny", "mine")


async def test_an_option_is_chosen_by_its_number(terminal: Terminal) -> None:
    person = Person(terminal.keyboard, None)
    work = asyncio.create_task(person.answer(QuestionRequested("q1", "Which?", ("red", "blue"))))
    await terminal.keyboard.asks.get()
    terminal.type("2\n")
    assert await work == "blue"
