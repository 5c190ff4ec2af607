"""A tiny HTTP server of fixed answers on loopback, for what is asked besides completions.

`async with Pages({"/v1/models": Page(b"{}")}) as pages:` serves until the block ends; what is not there is a 404.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: bool = False
    """Whether the body never ends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def as_json(value: object, **fields: str) -> Page:
    """An answer with status 200; `fields` are headers, with `_` for `-`."""
    return Page(json.dumps(value).encode(), headers={name.replace("_", "-"): text for name, text in fields.items()})


class Pages:
    """Routes by target (path and query), else by path."""

    def __init__(self, routes: Mapping[str, Page], *, port: int = 0) -> None:
        self.routes = dict(routes)
        self.asked: list[Asked] = []
        self.dropped = asyncio.Event()
        """Set when a client closed a connection while its answer was not over."""
        self._port = port
        self._server: asyncio.Server | None = None
        self._arrived = asyncio.Event()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def paths(self) -> list[str]:
        """`METHOD target` of every request, in order."""
        return [f"{each.method} {each.target}" for each in self.asked]

    async def wait_asked(self, count: int) -> None:
        """Return once so many requests have come."""
        while len(self.asked) < count:
            self._arrived.clear()
            await self._arrived.wait()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        pairs = (line.split(":", 1) for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(Asked(method, target, headers, body))
        self._arrived.set()
        page = self.routes.get(target) or self.routes.get(target.partition("?")[0]) or Page(b"404 page not found", 404)
        length = len(page.body) + (1 if page.holds else 0)
        lines = [f"HTTP/1.1 {page.status} X", f"content-length: {length}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in page.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + page.body)
        await writer.drain()
        if page.holds:
            await reader.read()
            self.dropped.set()
