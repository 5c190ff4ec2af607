"""The listening side of the scripted endpoint: routes, strictness, and the record of requests.

Must not know who is calling. Listens on 127.0.0.1 only; every request is recorded before it is
answered, in the order of arrival.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from agentls.world.clock import Clock, SystemClock
from agentls.world.scripted import http1, strict
from agentls.world.scripted.answer import MODEL_ID
from agentls.world.scripted.connection import Connection
from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import HttpError, Reply
from agentls.world.scripted.script import Script

if TYPE_CHECKING:
    import ssl

_HOST = "127.0.0.1"
_COMPLETIONS = "/v1/chat/completions"
_MODELS = "/v1/models"
Route = Callable[[RecordedRequest], Reply | None]


class ScriptedEndpoint:
    """An OpenAI-compatible endpoint that answers from a script.

    `routes` answer other paths, or these in another way: by path, what makes the reply, or None for the usual one.

    `async with ScriptedEndpoint(script) as endpoint:` serves until the block ends; connections that
    are still open then are dropped. A refused request (wrong key, unknown model, a conversation that
    a strict endpoint refuses) takes no step of the script.
    """

    def __init__(
        self,
        script: Script,
        *,
        expect_key: str | None = None,
        models: Sequence[str] = (MODEL_ID,),
        routes: Mapping[str, Route] | None = None,
        is_strict: bool = True,
        clock: Clock | None = None,
        tls: "ssl.SSLContext | None" = None,
        port: int = 0,
    ) -> None:
        self.script = script
        self.requests: list[RecordedRequest] = []
        """Requests for completions, in the order of arrival, refused ones included."""
        self.all_requests: list[RecordedRequest] = []
        """The same with every other path."""
        self.connections = 0
        """How many connections were ever accepted."""
        self._expect_key = expect_key
        self._models = models
        self._routes = routes or {}
        self._is_strict = is_strict
        self._clock = clock or SystemClock()
        self._tls = tls
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[Connection] = set()
        self._changed = asyncio.Event()
        self._failures: list[BaseException] = []

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`, without a slash at the end."""
        return f"{self.origin}/v1"

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT` (https with TLS)."""
        return f"{'http' if self._tls is None else 'https'}://{_HOST}:{self._port}"

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        """Listen; the port is chosen by the system unless one was given."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, _HOST, self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop listening and drop what is open; a failure inside a script's own function comes out here."""
        await self.aclose()
        if kind is None and self._failures:
            raise self._failures[0]

    async def aclose(self) -> None:
        """Stop listening and drop what is open; idempotent. The port can be listened on again."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.drop_connections()

    async def drop_connections(self) -> None:
        """Close every open connection, idle ones included, and keep listening."""
        while self._open:
            await asyncio.gather(*[connection.aclose() for connection in list(self._open)])
            await asyncio.sleep(0)

    async def wait_for_requests(self, count: int) -> list[RecordedRequest]:
        """Return the first `count` requests for completions once they have arrived."""
        await self._wait(lambda: len(self.requests) >= count)
        return self.requests[:count]

    async def wait_for_open_connections(self, count: int) -> None:
        """Return once exactly `count` connections are open."""
        await self._wait(lambda: len(self._open) == count)

    async def _wait(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            self._changed.clear()
            await self._changed.wait()

    def _accept(self) -> Connection:
        return Connection(
            self._answer, self._clock, lambda: self.script.pace, self._began, self._forget, self._failures.append
        )

    def _began(self, connection: Connection) -> int:
        """Count a connection once it is made: with TLS, one that fails its handshake never is."""
        self.connections += 1
        self._open.add(connection)
        self._changed.set()
        return self.connections

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._changed.set()

    def _answer(self, connection: int, head: http1.Head, raw: bytes) -> tuple[RecordedRequest, Reply]:
        number = len(self.all_requests) + 1
        request = RecordedRequest(number, connection, head.method, head.path, head.headers, raw, _parse(raw))
        self.all_requests.append(request)
        path = head.path.partition("?")[0]
        if path == _COMPLETIONS and head.method == "POST":
            self.requests.append(request)
        self._changed.set()
        return request, self._refuse(request, path) or self.script.take(request)

    def _refuse(self, request: RecordedRequest, path: str) -> Reply | None:
        """Return the answer that needs no script: a refusal, or the model list."""
        beside = self._routes.get(path)
        if beside is not None and (reply := beside(request)) is not None:
            return reply
        routes = {_COMPLETIONS: "POST", _MODELS: "GET"}
        if path not in routes:
            return strict.error(404, f"Invalid URL ({request.method} {path})")
        if request.method != routes[path]:
            return strict.error(405, f"Not allowed to {request.method} on {path}.", code="method_not_supported")
        if self._expect_key is not None:
            refusal = strict.refuse_key(request.headers.get("authorization", ""), self._expect_key)
            if refusal is not None:
                return refusal
        if path == _MODELS:
            return _model_list(self._models)
        return strict.refuse_request(request.body, self._models) if self._is_strict else None


def _model_list(models: Collection[str]) -> HttpError:
    data = [{"id": model, "object": "model", "created": 0, "owned_by": "agentls"} for model in models]
    return HttpError(200, {"object": "list", "data": data})


def _parse(raw: bytes) -> object:
    try:
        parsed: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return parsed
