"""Shows what `agentls check` says of endpoints that are broken, each in its own way.

`.venv/bin/python -m tests.reports.broken_endpoints [NAME …]` runs the real program against the scripted endpoint and
prints each table. The tests assert what is printed here, situation by situation.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentls.protocol.base_url import origin_of
from agentls.world.scripted import HttpError, ScriptedEndpoint, Text
from tests.support.check_endpoint import KEY, MODEL, TEN, TOKENS, Faults, check_endpoint

WRONG_KEY = "sk-wrong-9876543210fedcba"


@dataclass(frozen=True, slots=True)
class Situation:
    """An endpoint and the settings somebody uses it with."""

    what: str
    """One line for people."""
    faults: Faults = field(default_factory=Faults)
    url: str = "{origin}/v1"
    """The base URL that is set, with `{origin}` for the endpoint's own and `{tls}` for the same with https."""
    model: str = MODEL
    key: str | None = KEY
    level: str = "full"
    settings: Mapping[str, object] = field(default_factory=dict)
    """More of the provider, by its path in the configuration file, such as `model.contextWindow`;
    `{origin}` stands for the base URL's."""
    listens: bool = True
    is_refusing_proxy: bool = False
    """Whether a proxy that wants a password is at the origin, in place of the endpoint."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[tuple[str, ScriptedEndpoint]]:
        """The base URL to use, and the endpoint behind it (closed again where nothing is to listen)."""
        async with check_endpoint(self.faults) as endpoint, _refusing_proxy() as proxy:
            if self.is_refusing_proxy:
                yield self.url.format(origin=proxy), endpoint
                return
            if not self.listens:
                await endpoint.aclose()
            tls = endpoint.origin.replace("http:", "https:")
            yield self.url.format(origin=endpoint.origin, tls=tls), endpoint

    def command(self, base_url: str, *more: str) -> list[str]:
        """The program and its arguments."""
        key = [] if self.key is None else ["--api-key-env", "RIVER_KEY"]
        command = [sys.executable, "-m", "agentls", "check", "--base-url", base_url, "--model", self.model, *key]
        return [*command, *([] if self.level == "full" else ["--level", self.level]), *more]

    def environment(self, folder: Path, base_url: str) -> dict[str, str]:
        """What the program sees: a data folder of its own, the key, and a file with the further settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
        made = {**kept, "AGENTLS_DATA_DIR": str(folder / "data")}
        if self.key is not None:
            made["RIVER_KEY"] = self.key
        if self.settings:
            path = folder / "agentls.toml"
            lines = [f'[provider]\nbaseUrl = "{base_url}"\nmodelId = "{self.model}"']
            origin = origin_of(base_url)
            lines += [f"{name} = {_toml(value)}".replace("{origin}", origin) for name, value in self.settings.items()]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            made["AGENTLS_CONFIG"] = str(path)
        return made


@asynccontextmanager
async def _refusing_proxy() -> AsyncIterator[str]:
    """The URL of a proxy that answers everything by 407."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


SITUATIONS: Mapping[str, Situation] = {
    "fine": Situation("Nothing is wrong"),
    "wrong key": Situation("The key is of another account", key=WRONG_KEY),
    "no key": Situation("The server wants a key and none is set", key=None),
    "unknown model": Situation("The model's name is misspelled", model="river-7B-instruct"),
    "doubled v1": Situation("The base URL has /v1 twice", url="{origin}/v1/v1"),
    "missing v1": Situation("The base URL lacks its /v1", url="{origin}"),
    "tools refused": Situation("A vLLM without its flag for tools", Faults(tools="refused")),
    "calls as text": Situation("The server prints calls as text", Faults(tools="text")),
    "arguments whole": Situation("Arguments come in one piece", Faults(arguments="whole")),
    "calls merged": Situation("Two calls come out as one", Faults(parallel="merged")),
    "one call": Situation("The model makes one call at a time", Faults(parallel="one")),
    "strict ids": Situation(
        "Tool results are refused for their ids, and the lesson is learned", Faults(results="strict ids")
    ),
    "results unseen": Situation("Tool results are taken and not shown to the model", Faults(results="unseen")),
    "no usage": Situation("Token counts are missing", Faults(usage=False)),
    "small context": Situation(
        "The server was started with less context than the settings say",
        Faults(word=4096),
        settings={"model.contextWindow": 131_072},
    ),
    "web page": Situation("A web page is at the address", Faults(model_list="page")),
    "refused": Situation("Nothing listens at the port", listens=False),
    "proxy gone": Situation("The proxy that is set cannot be reached", settings={"proxy": "http://127.0.0.1:9"}),
    "proxy refuses": Situation(
        "The proxy that is set wants a password", settings={"proxy": "{origin}"}, is_refusing_proxy=True
    ),
    "tls to http": Situation("https:// at a port that speaks plain HTTP", url="{tls}/v1"),
    "images refused": Situation(
        "Images are set, and the server takes none", Faults(images="refused"), settings={"model.imageSupport": True}
    ),
    "one document": Situation("The server does not stream", Faults(stream="json")),
    "think tags": Situation(
        "The model's reasoning is left in the answer, between tags",
        Faults(says=lambda request: None if request.tool_names else Text(f"<think>ten</think>{TEN}", usage=TOKENS)),
    ),
    "no credits": Situation(
        "The account is empty",
        Faults(status=HttpError(402, {"error": {"message": "Insufficient balance", "code": "insufficient_balance"}})),
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the program printed, and how it ended."""

    out: str
    err: str
    code: int


async def show(situation: Situation, folder: Path, *more: str) -> Shown:
    """Run the program in a situation."""
    async with situation.serving() as (base_url, _):
        process = await asyncio.create_subprocess_exec(
            *situation.command(base_url, *more),
            env=situation.environment(folder, base_url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    assert process.returncode is not None
    return Shown(out.decode(), err.decode(), process.returncode)


async def report(names: Sequence[str]) -> None:
    """Print the table of each situation."""
    for name in names:
        situation = SITUATIONS[name]
        print(f"── {situation.what} {'─' * (96 - len(situation.what))}")
        with tempfile.TemporaryDirectory() as folder:
            shown = await show(situation, Path(folder))
        print(f"{shown.out}{shown.err}exit {shown.code}\n")


if __name__ == "__main__":
    asyncio.run(report(sys.argv[1:] or list(SITUATIONS)))
