"""What may happen without a question: modes, rules, grants; rows B086-B122 of the security checklist."""

from __future__ import annotations

import pytest

from agentls.policy.protected import protection
from agentls.policy.rules import (
    FOR_TASK,
    ONCE,
    Action,
    Allow,
    Ask,
    CommandAction,
    CommandGrant,
    Deny,
    EditAction,
    EditGrant,
    Mode,
    ReadAction,
    Rules,
    decide,
    grant_for,
    rule_problem,
)

ALLOWED = Rules(allow_commands=("ls", "git log", "echo"))
EDIT = EditAction(path="/w/src/a.py", relative="src/a.py")
PROTECTED = EditAction(path="/w/.git/config", relative=".git/config", protected_reason=protection(".git/config"))
LINKED = EditAction(path="/w/b.py", relative="b.py", hardlinked=True)


def command(text: str, cwd: str = ".") -> CommandAction:
    return CommandAction(text, cwd)


@pytest.mark.parametrize(
    "text",
    ["ls", "ls -la src", "git log", "git  log -n 5", "echo 'a; b' && ls", "ls | echo a || git log; ls"],
)
def test_a_command_whose_every_part_is_covered_runs(text: str) -> None:
    assert decide(command(text), ALLOWED) == Allow()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ls; x", "covers `x`"),  # B086
        ("ls && x", "covers `x`"),  # B087
        ("ls || x", "covers `x`"),  # B088
        ("ls | x", "covers `x`"),  # B089
        ("ls & x", "background"),  # B090
        ("ls\nx", "one line"),  # B091
        ("ls $(x)", "inside another"),  # B092
        ("ls <(x)", "process substitution"),  # B093
        ("ls > f", "redirects"),  # B094
        ("ls <<< a", "here-string"),  # B095
        ("ls ${v@P}", "variable"),  # B096
        ("PAGER=x git log", "sets a variable"),  # B097
        ("env FOO=x ls", "covers `env`"),
        ("export A=b", "declares"),  # B098
        ("eval ls", "covers `eval`"),
        ("command ls", "covers `command`"),
        ("cd /tmp", "covers `cd`"),
        ("/bin/ls", "covers `/bin/ls`"),  # B099
        ("./ls", "covers `./ls`"),
        ("LS", "covers `LS`"),
        ("l\\s", "backslash"),
        ("ls *", "pattern"),  # B100
        ("ls 'a", ""),  # B101
        ("ls # ; x", "comment"),  # B102
        (";".join(["ls"] * 51), "more than 50 parts"),  # B103
        ("ls " + "a" * 1_048_576, "longer than"),  # B104
        ("git logout", "covers `git`"),  # B105
        ("git -c x=y log", "covers `git`"),
        ("git --no-pager log", "covers `git`"),
        ("git", "covers `git`"),
        ("npm install", "covers `npm`"),  # B112
        ("pip install x", "covers `pip`"),
        ("make", "covers `make`"),
        ("pytest", "covers `pytest`"),
        ("curl http://127.0.0.1", "covers `curl`"),  # B114
        ("ping -c 1 x", "covers `ping`"),
        ("dig x", "covers `dig`"),
        ("getent hosts x", "covers `getent`"),
        ("./git log", "covers `./git`"),  # B115
    ],
)
def test_anything_else_asks_and_says_why(text: str, says: str) -> None:
    verdict = decide(command(text), ALLOWED)

    assert isinstance(verdict, Ask)
    assert says in verdict.reason
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("find", "find . -exec rm x"),  # B106
        ("find", "find . -execdir x"),
        ("find .", "find . -delete"),
        ("find", "find . -fprintf f x"),
        ("find", "find . -ok x"),
        ("rg", "rg --pre x a"),  # B107
        ("rg", "rg --pre=x a"),
        ("rg", "rg --hostname-bin x a"),
        ("rg", "rg -z a"),
        ("rg", "rg -nz a"),
        ("sort", "sort -o f a"),  # B108
        ("sort", "sort -uof a"),
        ("sort", "sort --compress-program=x a"),
        ("sort", "sort --compress-prog x a"),
        ("sed", "sed -i s/a/b/ f"),  # B109
        ("sed", "sed -n 1e f"),
        ("sed", "sed s/a/b/w f"),
        ("sed -n", "sed -n 1p -i f"),
        ("xargs", "xargs rm"),  # B110
        ("awk", "awk 'BEGIN{system(1)}'"),
        ("tar", "tar --to-command=x -xf a"),
        ("tar xf", "tar xf a --checkpoint-action=exec=x"),
        ("man", "man --html=x ls"),
        ("less", "less f"),
        ("vim", "vim -c x"),
        ("git diff", "git diff --output=f"),  # B111
        ("git diff", "git diff --ext-diff"),
        ("git fetch", "git fetch --upload-pack=x"),
        ("git fetch", "git fetch --upload-pa=x"),
        ("git", "git -c core.pager=x log"),
        ("git", "git --exec-path=x log"),
        ("go test", "go test -exec x"),
        ("printf", "printf -v PATH x"),
        ("env", "env FOO=x ls"),  # B097
        ("cd", "cd /tmp"),  # B098
        ("source", "source x"),
        ("eval", "eval x"),
        ("exec", "exec x"),
        ("builtin", "builtin x"),
        ("sudo", "sudo ls"),
        ("sudo ls", "sudo ls"),
        ("bash", "bash -c x"),  # B121
        ("bash -c", "bash -c x"),
        ("bash -c x", "bash -c x"),
        ("python", "python -c x"),
        ("python3.11 -c", "python3.11 -c x"),
        ("/usr/bin/python3", "/usr/bin/python3 x.py"),
        ("node -e", "node -e x"),
        ("ls *", "ls a"),
        ("ls;", "lsx"),
        ("'ls'", "ls"),
        ("", "ls"),
        ("uniq", "uniq a b"),
        ("uniq", "uniq -c a b"),
        ("shuf", "shuf -o f a"),
        ("iconv", "iconv --output=f a"),
        ("git log", "git log --show-signature"),
        ("git log", "git log --show-sig"),
        ("git log", "git log --format=%GG"),
    ],
)
def test_no_rule_covers_what_runs_other_programs(rule: str, text: str) -> None:
    assert isinstance(decide(command(text), Rules(allow_commands=(rule,))), Ask)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("python -m pytest", "python -m pytest -q tests"),
        ("bash ./build.sh", "bash ./build.sh release"),
        ("npm test", "npm test"),
        ("./gradlew test", "./gradlew test"),
        ("find . -delete", "find . -delete"),
        ("sed", "sed -n 1,20p file.txt"),
        ("/bin/ls", "/bin/ls a"),
        ("sort", "sort -u a"),
        ("uniq", "uniq -c a"),
        ("git log", "git log --format=%h"),
    ],
)
def test_a_rule_that_names_what_runs_covers_it(rule: str, text: str) -> None:
    assert decide(command(text), Rules(allow_commands=(rule,))) == Allow()


def test_the_reason_says_why_the_nearest_rule_does_not_cover() -> None:
    assert decide(command("find . -delete"), Rules(allow_commands=("find",))) == Ask(
        "The rule `find` does not cover this: `find -delete` can run another program or overwrite files.",
        FOR_TASK,
    )


@pytest.mark.parametrize(
    ("mode", "edit", "run"),
    [
        ("readOnly", Deny, Deny),
        ("ask", Ask, Ask),
        ("acceptEdits", Allow, Ask),
        ("full", Allow, Allow),
    ],
)
def test_the_mode_decides_what_no_rule_names(mode: Mode, edit: type, run: type) -> None:
    rules = Rules(mode=mode)

    verdicts = [type(decide(action, rules)) for action in (ReadAction(), EDIT, command("make"))]

    assert verdicts == [Allow, edit, run]


@pytest.mark.parametrize("mode", ["ask", "acceptEdits", "full"])
@pytest.mark.parametrize("action", [PROTECTED, LINKED])
def test_protected_and_hard_linked_files_ask_in_every_mode(mode: Mode, action: EditAction) -> None:
    rules = Rules(mode=mode, task_grants=frozenset({EditGrant(action.path)}))

    verdict = decide(action, rules)

    assert isinstance(verdict, Ask)
    assert verdict.decisions == ONCE


@pytest.mark.parametrize("mode", ["readOnly", "ask", "acceptEdits", "full"])
@pytest.mark.parametrize("action", [EDIT, PROTECTED, command("ls")])
def test_nothing_writes_or_runs_before_the_workspace_is_trusted(mode: Mode, action: Action) -> None:
    grants = frozenset({EditGrant(EDIT.path), CommandGrant("ls", ".")})
    rules = Rules(mode=mode, allow_commands=("ls",), trusted=False, task_grants=grants)

    verdict = decide(action, rules)

    assert isinstance(verdict, Deny)
    assert verdict.code == "workspace.untrusted"
    assert decide(ReadAction(), rules) == Allow()


def test_read_only_beats_rules_and_grants() -> None:
    grants = frozenset({EditGrant(EDIT.path), CommandGrant("ls", ".")})
    rules = Rules(mode="readOnly", allow_commands=("ls",), task_grants=grants)

    assert [decide(action, rules) for action in (EDIT, command("ls"))] == [
        Deny("The approval mode is read-only: the agent may not change files.", "approval.readOnly"),
        Deny("The approval mode is read-only: the agent may not run commands.", "approval.readOnly"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "rm x",
        "rm -rf x",
        "/bin/rm x",
        "ls; rm x",
        "sudo -u root rm x",
        "env A=b rm x",
        "ls $(rm x)",
        "r\\m x > f",
        "git push",
        "git -q push",
        "ls && (git push origin)",
    ],
)
@pytest.mark.parametrize("mode", ["ask", "full"])
def test_a_deny_rule_beats_every_permission(text: str, mode: Mode) -> None:
    rules = Rules(
        mode=mode,
        allow_commands=("rm", "git push", "ls"),
        deny_commands=("rm", "git push"),
        task_grants=frozenset({CommandGrant(text, ".")}),
    )

    verdict = decide(command(text), rules)

    assert isinstance(verdict, Deny)
    assert verdict.code == "approval.denyRule"


@pytest.mark.parametrize(
    "text", ["git -C sub push", "$x push", "bash -c 'git push'", "python -c x", "ls\nrm", "a" * 9999]
)
def test_what_a_deny_rule_may_forbid_asks_even_in_full_mode(text: str) -> None:
    verdict = decide(command(text), Rules(mode="full", deny_commands=("git push",)))

    assert isinstance(verdict, Ask)
    assert verdict.decisions == ONCE


def test_full_mode_without_deny_rules_runs_anything() -> None:
    assert decide(command('x=$(cat f) bash -c "$x" > g &'), Rules(mode="full")) == Allow()


def test_a_grant_is_for_this_text_in_this_folder_only() -> None:
    rules = Rules(task_grants=frozenset({CommandGrant("make test", "sub"), EditGrant(EDIT.path)}))

    assert decide(command("make test", "sub"), rules) == Allow()
    assert decide(EDIT, rules) == Allow()
    for other in (command("make test", "."), command("make  test", "sub"), command("make", "sub")):
        assert isinstance(decide(other, rules), Ask)
    assert isinstance(decide(EditAction("/w/src/b.py", "src/b.py"), rules), Ask)


@pytest.mark.parametrize(
    ("action", "grant"),
    [
        (command("make test"), CommandGrant("make test", ".")),
        (command("python -m pytest"), CommandGrant("python -m pytest", ".")),
        (EDIT, EditGrant("/w/src/a.py")),
        (command("bash -c x"), None),
        (command("python -c x"), None),
        (command("python"), None),
        (command("ls; env A=b x"), None),
        (command("sudo ls"), None),
        (command("ls | xargs rm"), None),
        (command("make test > log"), None),
        (PROTECTED, None),
        (LINKED, None),
        (ReadAction(), None),
    ],
)
def test_only_what_is_pinned_down_can_be_remembered(action: Action, grant: object) -> None:
    assert grant_for(action) == grant


@pytest.mark.parametrize(("text", "decisions"), [("make test", FOR_TASK), ("bash -c x", ONCE), ("make > f", ONCE)])
def test_a_question_offers_only_the_answers_that_make_sense(text: str, decisions: object) -> None:
    verdict = decide(command(text), Rules())

    assert isinstance(verdict, Ask)
    assert verdict.decisions == decisions


def test_no_rule_allows_where_the_shell_is_not_a_posix_one() -> None:
    rules = Rules(allow_commands=("echo",), deny_commands=("del",), posix_shell=False)

    assert isinstance(decide(command("echo 'a & b'"), rules), Ask)
    assert isinstance(decide(command("del x"), rules), Deny)


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        ("git log", True),
        ("python -m pytest", True),
        ("bash", False),
        ("ls *", False),
        ("", False),
        ("a; b", False),
    ],
)
def test_a_rule_that_can_never_match_is_told(rule: str, fine: bool) -> None:
    assert (rule_problem(rule) is None) == fine


@pytest.mark.parametrize("hardlinked", [False, True])
def test_a_name_cannot_break_or_reorder_the_sentence_of_a_question(hardlinked: bool) -> None:  # B118
    name = "a\nAllowed.\u202e" + "x" * 300
    verdict = decide(EditAction(path="/w/a", relative=name, hardlinked=hardlinked), Rules())

    assert isinstance(verdict, Ask)
    assert verdict.reason.isprintable()
    assert "a\\u000aAllowed.\\u202exxx" in verdict.reason
    assert "… (+111 characters)" in verdict.reason
