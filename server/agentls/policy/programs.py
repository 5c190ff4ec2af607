"""What is known about programs: which run other code, and by which of their options.

It must not know rules or modes. Rows B098, B106-B111 and B121.
Invariant: these lists only ever add a question. A program that is missing here is still asked about, unless
the user allowed it by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRAPPERS: Final = """
    env sudo doas su xargs nohup nice ionice timeout time watch setsid stdbuf strace ltrace gdb lldb parallel
    busybox toybox chroot unshare nsenter script expect ssh start-stop-daemon systemd-run flock runuser chpst
    catchsegv faketime entr osascript open xdg-open rundll32 wsl cmd powershell pwsh
"""
_SHELL_WORDS: Final = """
    export declare typeset readonly local alias unalias trap source . eval exec command builtin cd pushd popd
    set shopt unset enable hash bind complete history fc read mapfile readarray let umask ulimit
"""
_PROGRAMMABLE: Final = """
    awk gawk mawk nawk less more most man info vi vim nvim view ex ed emacs nano pico screen tmux dc m4
"""
_INTERPRETERS: Final = """
    sh bash dash zsh ksh fish csh tcsh ash python pypy node nodejs deno bun ruby perl php lua luajit rscript
    tclsh wish guile racket julia scala groovy jshell elixir iex erl ghci runghc ocaml swift
"""

LAUNCHERS: Final = frozenset(f"{_WRAPPERS} {_SHELL_WORDS} {_PROGRAMMABLE}".split())
"""Run what their arguments say, or change what later words mean: never covered or remembered."""
INTERPRETERS: Final = frozenset(_INTERPRETERS.split())
"""Covered or remembered only when the script is named, never inline code."""

_VERSION: Final = re.compile(r"[\d.]+[a-z]?$")
_SED_PRINT: Final = re.compile(r"\d+(,\d+|,\$)?p")
_HAZARDS: Final = {
    "find": ("-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"),
    "fd": ("--exec", "--exec-batch", "-x", "-X"),
    "rg": ("--pre", "--hostname-bin", "--search-zip", "-z"),
    "ag": ("--pager",),
    "ack": ("--pager",),
    "sort": ("--output", "--compress-program", "-o"),
    "tree": ("-o",),
    "tar": (
        "--to-command",
        "--use-compress-program",
        "--checkpoint-action",
        "--info-script",
        "--new-volume-script",
        "--rsh-command",
        "--rmt-command",
        "-I",
        "-F",
    ),
    "git": (
        "--output",
        "--ext-diff",
        "--textconv",
        "--upload-pack",
        "--receive-pack",
        "--exec",
        "--open-files-in-pager",
        "--config-env",
        "--exec-path",
        "--git-dir",
        "--work-tree",
        "--paginate",
        "--template",
        "-O",
        "--show-signature",
    ),
    "printf": ("-v",),
    "shuf": ("--output", "-o"),
    "iconv": ("--output", "-o"),
    "base64": ("--output", "-o"),
    "yq": ("--inplace", "-i"),
    "xxd": ("-r",),
    "rsync": ("--rsh", "--rsync-path", "-e"),
    "zip": ("--unzip-command", "-TT"),
    "go": ("-exec", "-toolexec", "-vettool"),
}
_SINGLE_DASH_LONG: Final = frozenset({"find", "go"})


def program_name(word: str) -> str:
    """The bare, lower-case name of a program given by any path, without `.exe` and version digits."""
    name = _file_name(word)
    return _VERSION.sub("", name) or name


def is_launcher(word: str) -> bool:
    """True when the program runs what its arguments say, whatever they are."""
    return _file_name(word) in LAUNCHERS or program_name(word) in LAUNCHERS


def unpinned(argv: Sequence[str]) -> str | None:
    """Why these leading words leave open which code runs; None when they pin it down.

    `python -m pytest` and `bash build.sh` name their code; `python`, `python -c …`, `sudo …` do not (B121).
    """
    program = argv[0]
    if is_launcher(program):
        return f"`{program}` can run any other program or change what later words mean"
    if program_name(program) not in INTERPRETERS:
        return None
    rest = argv[1:]
    if len(rest) >= 2 and rest[0] == "-m":
        return None
    if rest and not rest[0].startswith("-") and rest[0] != "eval":
        return None
    return f"`{program}` is an interpreter, and the words do not name the script it runs"


def hazard(argv: Sequence[str], checked: int = 1) -> str | None:
    """Why these arguments make the program run or overwrite something else; None when nothing is known.

    `checked` words at the start were named by the user's own rule and are taken as meant.
    """
    name = program_name(argv[0])
    rest = argv[checked:]
    if name in {"sed", "gsed"}:
        return _sed_hazard(argv) if checked == 1 or rest else None
    if name == "git" and checked == 1 and rest and rest[0].startswith("-"):
        return "`git` has an option before its verb"
    if name == "git" and any("%G" in word for word in rest):
        return "`git` runs a program of the repository's choice to check signatures (`%G`)"
    if name == "uniq" and sum(not word.startswith("-") for word in rest) > 1:
        return "`uniq` overwrites the file that its second name gives"
    for word in rest:
        for option in _HAZARDS.get(name, ()):
            if _names_option(word, option, single_dash=name in _SINGLE_DASH_LONG):
                return f"`{argv[0]} {option}` can run another program or overwrite files"
    return None


def _file_name(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].casefold().removesuffix(".exe")


def _sed_hazard(argv: Sequence[str]) -> str | None:
    harmless = (
        len(argv) >= 3
        and argv[1] == "-n"
        and _SED_PRINT.fullmatch(argv[2]) is not None
        and not any(word.startswith("-") for word in argv[3:])
    )
    return None if harmless else "`sed` scripts can run programs and write files"


def _names_option(word: str, option: str, *, single_dash: bool) -> bool:
    """Exact, with a value, abbreviated (`--upload-pa`), or inside a cluster of letters (`-nz`)."""
    if option.startswith("--"):
        stem = word.partition("=")[0]
        return len(stem) > 3 and option.startswith(stem)
    if single_dash or len(option) > 2:
        return word.partition("=")[0].lstrip("-") == option.lstrip("-") and word.startswith("-")
    return word.startswith("-") and not word.startswith("--") and option[1] in word
