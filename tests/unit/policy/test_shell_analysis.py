"""Rows B086-B105 of the security checklist: what is plain words, and what is not."""

from __future__ import annotations

import pytest

from agentls.policy import grammar
from agentls.policy.shell import MAX_COMMAND_BYTES, NotPlain, PlainCommands, analyse


@pytest.mark.parametrize(
    ("command", "commands"),
    [
        ("ls", (("ls",),)),
        ("  ls   -la\t src ", (("ls", "-la", "src"),)),
        ("git log -n 5", (("git", "log", "-n", "5"),)),
        ("git commit -m 'one; two && $three'", (("git", "commit", "-m", "one; two && $three"),)),
        ('grep "a b" file.txt', (("grep", "a b", "file.txt"),)),
        ("ls '' \"\"", (("ls", "", ""),)),
        ("make -j4 CC=gcc", (("make", "-j4", "CC=gcc"),)),
        ("date +%Y-%m-%d", (("date", "+%Y-%m-%d"),)),
        ("npm i @scope/pkg@^1.2,x", (("npm", "i", "@scope/pkg@^1.2,x"),)),
        ("cat Übersicht.txt 文.md", (("cat", "Übersicht.txt", "文.md"),)),
        ("./gradlew test", (("./gradlew", "test"),)),
        ("ls;", (("ls",),)),
        ("a; b && c || d | e", (("a",), ("b",), ("c",), ("d",), ("e",))),
        ("a 'x | y' | b", (("a", "x | y"), ("b",))),
    ],
)
def test_plain_words_are_split_as_a_shell_would(command: str, commands: tuple[tuple[str, ...], ...]) -> None:
    assert analyse(command) == PlainCommands(commands)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("ls & x", "background"),  # B090
        ("ls&", "background"),
        ("ls |& x", "error output"),
        ("ls ;; x", "`;;`"),
        ("ls\nx", "more than one line"),  # B091
        ("ls\rx", "more than one line"),
        ("ls\r\nx", "more than one line"),
        ("ls\n", "more than one line"),
        ("ls\x0cx", "U+000C"),
        ("ls\x0bx", "U+000B"),
        ("ls\x00x", "U+0000"),
        ("ls\u2028x", "U+2028"),
        ("ls\u0085x", "U+0085"),
        ("ls\u00a0x", "U+00A0"),
        ("ls \u202ex", "U+202E"),
        ("ls \u200bx", "U+200B"),
        ("ls $(x)", "inside another"),  # B092
        ("ls `x`", "inside another"),
        ('ls "$(x)"', "inside another"),
        ('ls "a`x`b"', "inside another"),
        ("$(x) ls", "inside another"),
        ("ls <(x)", "process substitution"),  # B093
        ("ls >(x)", "process substitution"),
        ("ls =(x)", ""),
        ("ls =x", "begins with `=`"),
        ("ls > f", "redirects"),  # B094
        ("ls >> f", "redirects"),
        ("ls >| f", "redirects"),
        ("ls 2> f", "redirects"),
        ("ls &> f", "redirects"),
        ("ls <> f", "redirects"),
        ("ls < f", "redirects"),
        ("ls 2>&1", "redirects"),
        ("ls>f", "redirects"),
        ("cat <<< $x", "here-string"),  # B095
        ("ls ${v@P}", "variable"),  # B096
        ("ls ${!v}", "variable"),
        ("ls ${v:=$(x)}", "variable"),
        ("ls $v", "variable"),
        ('ls "$v"', "variable"),
        ("ls $((a[$(x)]))", "arithmetic"),
        ('ls "$((1+1))"', "arithmetic"),
        ("ls $'a'", "$'"),
        ('ls $"a"', ""),
        ("FOO=x ls", "sets a variable"),  # B097
        ("PAGER=x git log", "sets a variable"),
        ("LD_PRELOAD=x ls", "sets a variable"),
        ("FOO=x", "sets a variable"),
        ("FOO+=x ls", "sets a variable"),
        ("a[0]=x ls", "pattern"),
        ("export A=b", "declares"),  # B098
        ("declare -x A", "declares"),
        ("typeset A=b", "declares"),
        ("readonly A=b", "declares"),
        ("unset A", "unsets"),
        ("l\\s", "backslash"),  # B099
        ("l's'", "joins"),
        ('l""s', "joins"),
        ("'ls'", "quotes the name"),
        ('"ls"', "quotes the name"),
        ("\\ls", "backslash"),
        ("ls a\\ b", "backslash"),
        ("ls a'b'", "joins"),
        ('ls "a\\"b"', "inside double quotes"),
        ('ls "a!b"', "inside double quotes"),
        ("ls *", "pattern"),  # B100
        ("ls a?", "pattern"),
        ("ls [ab]", ""),
        ("ls {a,b}", ""),
        ("ls ~", "tilde"),
        ("ls a:~/b", "tilde"),
        ("ls 'unbalanced", "unbalanced"),  # B101
        ('ls "unbalanced', "unbalanced"),
        ("ls \\", ""),
        ("ls \\\n -l", "more than one line"),
        ("ls &&", ""),
        ("&& ls", ""),
        ("ls | | x", ""),
        ("ls # ; x", "comment"),  # B102
        ("ls # ; x\ny", "more than one line"),
        ("# x", "comment"),
        ("(ls)", "parentheses"),
        ("{ ls; }", "braces"),
        ("! ls", "exclamation mark"),
        ("time ls", "keyword `time`"),
        ("coproc ls", "keyword `coproc`"),
        ("[ a = b ]", "pattern"),
        ("[[ a ]]", "pattern"),
        ("((1))", ""),
        ("if a; then b; fi", "`if`"),
        ("while a; do b; done", "`while`"),
        ("for a in b; do c; done", "`for`"),
        ("case a in b) c;; esac", "`case`"),
        ("f() { ls; }", "parentheses"),
        ("-x", "unusual program name"),
        ("%1", "unusual program name"),
        ("!!", "exclamation mark"),
        ("", "empty"),
        ("   ", "empty"),
        (";", ""),
        ("ls \ud800", "U+D800"),
    ],
)
def test_anything_else_is_not_plain_and_the_reason_names_it(command: str, says: str) -> None:
    analysis = analyse(command)

    assert isinstance(analysis, NotPlain)
    assert says in analysis.reason
    assert analysis.reason.startswith("The command ")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("count", [51, 500, 50_000])
def test_too_many_parts_are_never_plain_and_answered_fast(count: int) -> None:  # B103
    assert isinstance(analyse(";".join(["ls"] * count)), NotPlain)


def test_fifty_parts_are_still_plain() -> None:
    assert analyse(";".join(["ls"] * 50)) == PlainCommands((("ls",),) * 50)


def test_a_megabyte_is_refused_unread() -> None:  # B104
    assert analyse("a" * 1_048_576) == NotPlain(f"The command is longer than {MAX_COMMAND_BYTES} bytes.")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("opening", ["((", "$(", "{ ", "<<a ", "'", '"', "`", "if ", "a|", "${"])
def test_deep_nesting_is_answered_in_bounded_time(opening: str) -> None:
    assert isinstance(analyse(opening * (MAX_COMMAND_BYTES // len(opening))), NotPlain)


def test_a_fault_in_the_grammar_ends_as_not_plain(monkeypatch: pytest.MonkeyPatch) -> None:  # B104
    def broken(source: bytes) -> object:
        raise RuntimeError("injected")

    monkeypatch.setattr(grammar, "parse", broken)

    assert analyse("ls") == NotPlain("The command could not be analysed.", (("ls",),))


def test_commands_inside_other_constructs_are_still_seen() -> None:
    analysis = analyse("echo $(FOO=1 r\\m -rf x) > out")

    assert isinstance(analysis, NotPlain)
    assert analysis.mentioned == (("echo",), ("rm", "-rf", "x"), ("out",))


@pytest.mark.parametrize("other", [b"ls a; rm b", b"ls a", b"ls a; rmb cc", b"ls a; rmb c; x", b"ls a; rmb"])
def test_the_grammar_must_find_the_same_words(monkeypatch: pytest.MonkeyPatch, other: bytes) -> None:
    tree = grammar.parse(other)
    monkeypatch.setattr(grammar, "parse", lambda source: tree)

    assert isinstance(analyse("ls a; rmb c"), NotPlain)


def test_the_grammar_is_given_only_tame_text(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    parse = grammar.parse

    def recording(source: bytes) -> object:
        seen.append(source)
        return parse(source)

    monkeypatch.setattr(grammar, "parse", recording)

    assert isinstance(analyse("cat \U000a1b2c.txt 'é文'"), NotPlain)
    assert analyse("cat \U0001f600.txt 'é文'") == PlainCommands((("cat", "\U0001f600.txt", "é文"),))
    assert seen == [b"cat x.txt 'xx'"]
