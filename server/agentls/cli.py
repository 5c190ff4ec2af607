"""The program `agentls`: which command does what, and nothing of how.

Every command imports its own room when it is called, so that the server's start pays for no other.
Invariant: exit codes are 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

FAILED, INTERRUPTED = 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line (default: the process's own); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in ([], ["--stdio"]):
        return _serve()  # before argparse: an editor waits for this one
    try:
        return _command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left (`agentls run … | head`): nobody to tell, and nothing to flush.
        with suppress(OSError):
            sys.stdout.close()
        return FAILED


def _command(arguments: list[str]) -> int:
    parsed = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show a sign gets "?", not a traceback
    match parsed.command:
        case "demo":
            from agentls.terminal.demo import DemoArguments, demo
            from agentls.terminal.run import ProviderArguments

            provider = ProviderArguments(parsed.base_url, parsed.model, parsed.api_key_env)
            return demo(DemoArguments(provider, parsed.plain, parsed.pace))
        case "run":
            from agentls.terminal.run import ProviderArguments, RunArguments, run

            provider = ProviderArguments(parsed.base_url, parsed.model, parsed.api_key_env)
            return run(RunArguments(parsed.prompt, parsed.workspace, provider, parsed.approve, parsed.json))
        case "check":
            from agentls.terminal.check import CheckArguments, check
            from agentls.terminal.run import ProviderArguments

            provider = ProviderArguments(parsed.base_url, parsed.model, parsed.api_key_env)
            return check(CheckArguments(provider, parsed.level, parsed.json))
        case "protocol":
            from agentls.terminal import protocol_pages

            return protocol_pages.main(write=parsed.write)
        case _:
            return _serve()


def _serve() -> int:
    from agentls.lsp.main import serve

    return serve(os.environ)


def _parser() -> argparse.ArgumentParser:
    import argparse  # imported here: the server's start does without

    from agentls import __version__

    parser = argparse.ArgumentParser(
        prog="agentls",
        description="A coding agent that any LSP editor can host. Without a command it serves on stdio.",
        allow_abbrev=False,
    )
    parser.add_argument("--stdio", action="store_true", help="serve on stdin and stdout (the default)")
    parser.add_argument("--version", action="version", version=f"agentls {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    provider = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    group = provider.add_argument_group("provider (else from AGENTLS_* or the file that AGENTLS_CONFIG names)")
    group.add_argument("--base-url", metavar="URL", help="the API's address, up to and without /chat/completions")
    group.add_argument("--model", metavar="ID", help="the model, as the endpoint names it")
    group.add_argument("--api-key-env", metavar="NAME", help="the environment variable that holds the key")

    demo = commands.add_parser("demo", parents=[provider], allow_abbrev=False, help="watch it repair a small project")
    demo.add_argument("--plain", action="store_true", help="plain lines, also on a terminal")
    demo.add_argument(
        "--pace", type=_pace, default=1.0, metavar="X", help="speed of the script: 1 is human, 0 flat out"
    )

    run = commands.add_parser("run", parents=[provider], allow_abbrev=False, help="do one task and exit")
    run.add_argument("prompt", help="what the agent shall do")
    run.add_argument("--workspace", default=".", metavar="DIR", help="the folder to work in (default: here)")
    run.add_argument(
        "--approve",
        choices=("ask", "edits", "all", "none"),
        help="what runs unasked: nothing that changes (ask), edits, all, or allow no changes at all (none)",
    )
    run.add_argument("--json", action="store_true", help="print one JSON notification per line")

    check = commands.add_parser(
        "check", parents=[provider], allow_abbrev=False, help="find out what a provider can do, and what is wrong"
    )
    check.add_argument(
        "--level",
        choices=("reach", "model", "tools", "full"),
        default="full",
        help="how far: address and key (reach), also the model and streaming, also tool calls, or everything",
    )
    check.add_argument("--json", action="store_true", help="print one JSON object per step, and the result last")

    protocol = commands.add_parser(
        "protocol", allow_abbrev=False, help="write protocol.md and the TypeScript types from the models"
    )
    either = protocol.add_mutually_exclusive_group(required=True)
    either.add_argument("--write", action="store_true", help="rewrite the generated parts")
    either.add_argument("--check", action="store_true", help="exit 1 when they differ")
    return parser


def _pace(text: str) -> float:
    import argparse

    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a pace: 1 is human, 2 twice as fast, 0 flat out")
    return pace
