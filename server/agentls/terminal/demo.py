"""`agentls demo`: the main job, shown: a small broken project, one task, a repaired project.

With nothing configured the scripted endpoint plays the model, and every screen says so; with a provider the
same task goes to a real one. Invariant: exit 0 only if the project's own tests pass, run by the demo itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentls.terminal import demo_script
from agentls.terminal.approvals import AlwaysAllow, Asker
from agentls.terminal.face import Face
from agentls.terminal.run import (
    PROVIDER_ID,
    ProviderArguments,
    UsageError,
    complain,
    configure,
    explained,
    is_configured,
    missing_text,
    server_command,
    someone,
    whole_provider,
)
from agentls.terminal.text import printable
from agentls.terminal.timeline import Timeline, open_timeline
from agentls.terminal.turn import COMPLETED, FAILED, USAGE, Order, ServerCommand, TurnFailed, run_turn
from agentls.world.configuration import Configuration, ConfigurationError
from agentls.world.scratch import scratch_copy, scratch_folder
from agentls.world.spawn import Ended, run_to_end

PROJECT = Path(__file__).parent / "demo_project"
TESTS_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class DemoArguments:
    """The command line of `agentls demo`."""

    provider: ProviderArguments
    plain: bool
    pace: float


@dataclass(frozen=True, slots=True)
class _Model:
    """Who plays the model, and who says yes."""

    provider: dict[str, object]
    api_key: str | None
    settings: dict[str, object]
    asker: Asker
    label: str


def demo(arguments: DemoArguments) -> int:
    """Carry out `agentls demo`; the exit code."""
    try:
        configuration = configure(arguments.provider, os.environ)
        if configuration.provider and not is_configured(configuration):
            raise UsageError(missing_text(configuration))
    except (UsageError, ConfigurationError) as error:
        return complain(error, USAGE)
    return asyncio.run(_demo(arguments, configuration))


async def _demo(arguments: DemoArguments, configuration: Configuration) -> int:
    with scratch_copy(PROJECT, "shop-project") as workspace, scratch_folder() as data_dir:
        before = await _run_tests(workspace)
        timeline = open_timeline(plain=arguments.plain)
        try:
            async with _model(arguments, configuration, timeline) as model:
                timeline.say("heading", f"agentls demo · {model.label}")
                timeline.say("quiet", f"workspace: {workspace} (a temporary copy)")
                timeline.say("quiet", f"its tests before: {_verdict(before)}")
                timeline.say("quiet", "")
                order = Order(demo_script.PROMPT, workspace, model.provider, model.settings, model.api_key)
                face = Face(timeline, None, model.asker)
                code = await run_turn(order, _with_data_dir(server_command(configuration), data_dir), face)
        except TurnFailed as error:
            timeline.close()
            return complain(explained(error, configuration), error.exit_code)
        finally:
            timeline.close()
        with scratch_copy(workspace, "check", overlay=PROJECT / "tests", at="tests") as checked:
            after = await _run_tests(checked)
    return _report(code, after)


@asynccontextmanager
async def _model(arguments: DemoArguments, configuration: Configuration, timeline: Timeline) -> AsyncIterator[_Model]:
    if configuration.provider:
        provider = whole_provider(configuration)
        label = f"{printable(str(provider['modelId']))} at {printable(str(provider['name']))}"
        settings = dict(configuration.settings)
        yield _Model(provider, configuration.api_key, settings, someone(timeline), f"a real provider: {label}")
        return
    from agentls.world.scripted import ScriptedEndpoint  # only the demo without a provider needs a server

    async with ScriptedEndpoint(demo_script.demo_script(arguments.pace)) as endpoint:
        provider = {
            "id": PROVIDER_ID,
            "name": "scripted",
            "baseUrl": endpoint.base_url,
            "modelId": "scripted",
            "model": demo_script.PRICES,
        }
        settings = {"approval": {"mode": "ask"}, "read": {"maxLines": demo_script.MAX_LINES}}
        label = "scripted: no model, no key, no network; a script on loopback plays the provider"
        yield _Model(provider, None, settings, AlwaysAllow(timeline), label)


async def _run_tests(workspace: Path) -> Ended:
    argv = [sys.executable, "-B", "-m", "unittest"]
    return await run_to_end(argv, cwd=workspace, timeout_s=TESTS_TIMEOUT_S)


def _verdict(tests: Ended) -> str:
    if tests.code is None:
        return "✗ no end within a minute"
    last = [line for line in tests.output.splitlines() if line.strip()]
    return ("✓ " if tests.code == 0 else "✗ ") + printable(last[-1] if last else "no output")


def _report(code: int, tests: Ended) -> int:
    passed = tests.code == 0
    sys.stdout.write(f"\nits tests after: {_verdict(tests)}\n")
    if code == COMPLETED and not passed:
        sys.stdout.write("The turn completed, but the project's tests do not pass: the demo failed.\n")
        return FAILED
    return code


def _with_data_dir(server: ServerCommand, data_dir: Path) -> ServerCommand:
    """The demo's task leaves no trace in the user's own journal."""
    return replace(server, environment={**server.environment, "AGENTLS_DATA_DIR": str(data_dir)})
