"""`agentls check`: try out a provider, over the same protocol as an editor does.

It knows the order of the requests and what Ctrl-C means, not what is checked or how it looks. Invariant: when it
returns, the server has ended; the key goes by `agent/provider/setKey` alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from agentls.terminal.check_messages import STEP_METHOD, CheckResult, read_result, read_step, read_warnings
from agentls.terminal.check_view import CheckView, open_view
from agentls.terminal.client import Client, RequestRefused, ServerGone
from agentls.terminal.json_lines import JsonLines
from agentls.terminal.messages import UnreadableMessage
from agentls.terminal.run import (
    ProviderArguments,
    UsageError,
    complain,
    configure,
    explained,
    is_configured,
    missing_text,
    server_command,
    whole_provider,
)
from agentls.terminal.text import printable
from agentls.terminal.turn import COMPLETED, FAILED, INTERRUPTED, USAGE, TurnFailed
from agentls.world.configuration import Configuration, ConfigurationError
from agentls.world.spawn import start_server

LEVELS: Final = ("reach", "model", "tools", "full")
UNWANTED: Final = ("agent/provider/changed",)
LONGEST_CHECK_S: Final = 1800.0
"""A check that takes longer has a server that hangs; its own limits end it long before."""


@dataclass(frozen=True, slots=True)
class CheckArguments:
    """The command line of `agentls check`."""

    provider: ProviderArguments
    level: str
    json: bool


def check(arguments: CheckArguments) -> int:
    """Carry out `agentls check`; the exit code."""
    try:
        configuration = configure(arguments.provider, os.environ)
        if not is_configured(configuration):
            raise UsageError(missing_text(configuration))
    except (UsageError, ConfigurationError) as error:
        return complain(error, USAGE)
    for warning in configuration.warnings:
        sys.stderr.write(f"agentls: {printable(warning)}\n")
    try:
        return asyncio.run(_check(arguments, configuration))
    except TurnFailed as error:
        return complain(explained(error, configuration), error.exit_code)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED


async def _check(arguments: CheckArguments, configuration: Configuration) -> int:
    """One check with its server. A signal cancels it, and so does Ctrl-C."""
    this = asyncio.current_task()
    with suppress(NotImplementedError):  # the loops of Windows; Ctrl-C is asyncio's own matter everywhere
        if this is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    lines = JsonLines(sys.stdout.buffer) if arguments.json else None
    view = None if arguments.json else open_view()
    command = server_command(configuration)
    try:
        pipes = await start_server(command.argv, environment=command.environment)
    except OSError as error:
        raise TurnFailed(f"the server could not be started: {error.strerror}") from None
    listener = _Listener(view, lines)
    client = Client(pipes, listener.hear, LONGEST_CHECK_S)
    try:
        if view is not None:
            view.begin(configuration.provider["baseUrl"], configuration.provider["modelId"], arguments.level)
        return await _converse(client, configuration, arguments.level, view, lines)
    except RequestRefused as refusal:
        if view is not None:
            view.close()
        await client.close()
        advice = await client.last_words() if refusal.is_internal else refusal.advice
        raise TurnFailed(str(refusal), advice, refusal.path) from None
    except (ServerGone, UnreadableMessage) as error:
        raise listener.left or TurnFailed(str(error)) from None
    finally:
        await client.close()
        if view is not None:
            view.close()


async def _converse(
    client: Client, configuration: Configuration, level: str, view: CheckView | None, lines: JsonLines | None
) -> int:
    await client.initialize(None, UNWANTED)
    provider = whole_provider(configuration)
    for warning in read_warnings(await client.request("agent/provider/set", {"provider": provider})):
        if view is not None:
            view.note(warning)
        else:
            sys.stderr.write(f"agentls: {printable(warning)}\n")
    if configuration.api_key is not None:
        await client.request("agent/provider/setKey", {"id": provider["id"], "apiKey": configuration.api_key})
    answer = await client.request("agent/provider/check", {"id": provider["id"], "level": level})
    result: CheckResult = read_result(answer)
    if lines is not None:
        lines.write_result("agent/provider/check", answer)
    if view is not None:
        view.end(result)
    return COMPLETED if result.ok else FAILED


class _Listener:
    """Shows the steps as they are told."""

    def __init__(self, view: CheckView | None, lines: JsonLines | None) -> None:
        self._view = view
        self._lines = lines
        self.left: BrokenPipeError | None = None
        """Whoever read our output has left, as `| head` does: nothing to complain of."""

    def hear(self, method: str, params: msgspec.Raw) -> None:
        """Take a notification; the client's listener."""
        if method != STEP_METHOD:
            return
        try:
            if self._lines is not None:
                self._lines.write(method, params)
            if self._view is not None:
                self._view.step(read_step(params))
        except BrokenPipeError as error:
            self.left = error
            raise
