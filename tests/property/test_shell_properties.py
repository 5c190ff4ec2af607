"""Whatever is called plain means to a real shell what it means to us, and anything at all gets an answer."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentls.policy.protected import protection
from agentls.policy.rules import Allow, CommandAction, Mode, Rules, decide
from agentls.policy.shell import NotPlain, PlainCommands, analyse

SHELL_TEXT = st.text("qz7 \t-./=:'\"\\$`;&|<>(){}[]*?~!#\n\r%^,@+é\u2028", max_size=40)
PIECES = st.lists(
    st.sampled_from(
        [
            "qa",
            "qb",
            " ",
            "  ",
            "'",
            '"',
            "a b",
            ";",
            "&&",
            "||",
            "|",
            "&",
            "$x",
            "$(qc)",
            "`qc`",
            ">f",
            "<f",
            "\\",
            "*",
            "~",
            "{a,b}",
            "#",
            "A=b",
            "=",
            "\n",
            "!",
            "(",
            ")",
            "-x",
            "--y=z",
            "\t",
            "''",
            "<(qc)",
            "é",
            "%1",
            "^",
        ]
    ),
    max_size=14,
).map("".join)
BASH = shutil.which("bash")
# bash calls this for every program it cannot find: it records the argument vector, and nothing else runs.
RECORD = 'command_not_found_handle() { printf "%s\\0" "$@" >&9; printf "\\1\\0" >&9; return 0; }; PATH=/nowhere\n'


@given(st.one_of(SHELL_TEXT, PIECES, st.text(max_size=30)))
def test_any_text_gets_an_answer(command: str) -> None:
    assert isinstance(analyse(command), PlainCommands | NotPlain)


@given(st.one_of(SHELL_TEXT, PIECES))
def test_plain_commands_are_what_a_second_reader_sees(command: str) -> None:
    analysis = analyse(command)
    if isinstance(analysis, PlainCommands):
        lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|<>()")
        lexer.whitespace_split = True
        lexer.commenters = ""
        # A quoted separator must not be taken for one: the reference gets the words only.
        words = [word for argv in analysis.commands for word in argv]
        assert [token for token in lexer if token not in {";", "&&", "||", "|"}] == [
            word for word in words if word not in {";", "&&", "||", "|"}
        ]


@pytest.mark.skipif(BASH is None, reason="needs bash as the reference")
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    segments=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(["qa", "-x", "--y=z", "a:b", "é", "%1", "^a", "a,b", "+x", "@y"]),
                st.text('qz $;&|<>(){}*?~#!\\"', max_size=8).map(lambda text: f"'{text}'"),
                st.text("qz ;&|<>(){}*?~#'", max_size=8).map(lambda text: f'"{text}"'),
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    ),
    separators=st.lists(st.sampled_from([";", " ; ", "&&", " && "]), min_size=4, max_size=4),
)
def test_bash_runs_exactly_the_commands_we_named(
    tmp_path: Path, segments: list[list[str]], separators: list[str]
) -> None:
    command = "".join(
        f"qprog {' '.join(words)}{separators[i] if i + 1 < len(segments) else ''}" for i, words in enumerate(segments)
    )
    analysis = analyse(command)

    assert isinstance(analysis, PlainCommands), analysis
    assert _run_in_bash(command, tmp_path) == analysis.commands


@pytest.mark.skipif(BASH is None, reason="needs bash as the reference")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES.map(lambda text: f"qprog {text}"))
def test_bash_runs_nothing_we_did_not_name(tmp_path: Path, command: str) -> None:
    analysis = analyse(command)
    if isinstance(analysis, PlainCommands):
        assert set(_run_in_bash(command, tmp_path)) <= set(analysis.commands)
        assert list(tmp_path.iterdir()) == [tmp_path / "trace"]


@given(
    command=st.one_of(SHELL_TEXT, PIECES),
    mode=st.sampled_from(["readOnly", "ask", "acceptEdits"]),
)
def test_nothing_runs_without_a_question_unless_a_rule_covers_it(command: str, mode: Mode) -> None:
    assert not isinstance(decide(CommandAction(command, "."), Rules(mode=mode)), Allow)


@given(st.text(max_size=60))
def test_any_path_has_an_answer_about_protection(path: str) -> None:
    assert protection(path) is None or protection(path)
    assert protection(f"{path}/.git/config") is not None


def _run_in_bash(command: str, folder: Path) -> tuple[tuple[str, ...], ...]:
    assert BASH is not None
    trace = folder / "trace"
    with trace.open("wb") as sink:
        subprocess.run(
            [BASH, "--norc", "--noprofile", "-c", f"exec 9>&{sink.fileno()}; {RECORD}{command}"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(sink.fileno(),),
            env={"LC_ALL": "C.UTF-8"},
            timeout=10,
            check=False,
        )
    calls = trace.read_bytes().decode().split("\1\0")[:-1]
    return tuple(tuple(call.split("\0")[:-1]) for call in calls)
