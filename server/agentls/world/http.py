"""HTTP to the endpoints: one client per server process, connections reused, nothing from the environment.

httpx's API over aiohttp's transport (httpx-aiohttp): measured beside httpx's own transport it takes a
fifth of the CPU per chunk flat out and six tenths paced, for 0.1 s and 8 MiB once, at the first request
(tests/benchmarks/http_transports.py). The only module that imports either; both are imported late.
"""

import asyncio
import base64
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from agentls.world.http_response import Exchange, HttpResponse, HttpTimeouts
from agentls.world.transport_error import TransportError, causes, origin_of, system_error, unanswered

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["HttpClient", "HttpResponse", "HttpTimeouts", "TransportError"]

_KEEP_ALIVE_S = 30.0
_WHOLE_BODY_BYTES = 512 * 1024
_SLICE_BYTES = 64 * 1024
_LONGEST_PATH = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}


class HttpClient:
    """Posts to endpoints. Cheap to make: nothing is imported or opened before the first request."""

    def __init__(self) -> None:
        self._clients: dict[tuple[bool, str | None, str | None], httpx.AsyncClient] = {}
        self._making = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def prepare(self, url: str, *, proxy: str | None = None, ca_bundle: str | None = None) -> None:
        """Do what the first request to the URL would wait for, without a request; errors as `post`."""
        await self._client_for(url, proxy, ca_bundle)

    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: HttpTimeouts,
        proxy: str | None = None,
        ca_bundle: str | None = None,
    ) -> HttpResponse:
        """Send a POST and return when the headers of its answer are here, whatever its status but a redirect.

        TransportError: no answer, or a redirect (never followed: the key is for this origin only).
        Cancelling closes the socket at once; nothing is retried here.
        """
        return await self._request("POST", url, headers, body, timeouts, proxy, ca_bundle)

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeouts: HttpTimeouts,
        proxy: str | None = None,
        ca_bundle: str | None = None,
    ) -> HttpResponse:
        """Send a GET; otherwise as `post`."""
        return await self._request("GET", url, headers, b"", timeouts, proxy, ca_bundle)

    async def aclose(self) -> None:
        """Close every connection; idempotent."""
        self._is_closed = True
        # One turn first: a task that is cancelled before it began would never close its response.
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        async with self._making:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            await client.aclose()
        # One turn in which the closed sockets' transports say good-bye.
        await asyncio.sleep(0)

    async def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: HttpTimeouts,
        proxy: str | None,
        ca_bundle: str | None,
    ) -> HttpResponse:
        origin = origin_of(url)
        if "@" in url.partition("://")[2].partition("/")[0]:
            # Both libraries would make an Authorization header of it, in place of the provider's key.
            raise TransportError("protocol", f"{origin}: the URL holds a user name or password")
        _check_headers(headers, origin)
        client = await self._client_for(url, proxy, ca_bundle)
        import httpx  # local: imported by now, in a thread; server start must not pay for it

        deadline_s = asyncio.get_running_loop().time() + timeouts.first_byte_s
        try:
            request = client.build_request(
                method,
                url,
                headers={**headers, "accept-encoding": "identity"},
                content=body if len(body) <= _WHOLE_BODY_BYTES else _slices(body),
                timeout=httpx.Timeout(None, connect=timeouts.connect_s, pool=timeouts.connect_s),
            )
            if len(body) > _WHOLE_BODY_BYTES:
                request.headers["content-length"] = str(len(body))
                request.headers.pop("transfer-encoding", None)
            async with asyncio.timeout_at(deadline_s):
                response = await client.send(request, stream=True, follow_redirects=False)
        except TimeoutError as error:
            limit_s = timeouts.first_byte_s
            raise TransportError("timeout", f"{origin}: no answer within {limit_s:g} s") from error
        except httpx.TimeoutException as error:
            # The adapter calls many things a time-out; a real one has one among its causes.
            if not any(isinstance(cause, TimeoutError) for cause in causes(error)):
                raise unanswered(_named(error, origin)) from error
            limit_s = timeouts.connect_s
            raise TransportError("timeout", f"{origin}: no connection within {limit_s:g} s") from error
        except _expected() as error:
            raise unanswered(_named(error, origin)) from error
        exchange = Exchange(
            origin=origin,
            pieces=cast("AsyncGenerator[bytes, None]", response.aiter_bytes()),
            close=response.aclose,
            expected=_expected(),
            named=partial(_named, origin=origin),
            in_background=self._own,
            timeouts=timeouts,
            first_deadline_s=deadline_s,
        )
        lower = {name.lower(): value for name, value in response.headers.items()}
        refusal = _refusal(response.status_code, lower, origin)
        if refusal is not None:
            await response.aclose()
            raise refusal
        return HttpResponse(response.status_code, lower, exchange)

    async def _client_for(self, url: str, proxy: str | None, ca_bundle: str | None) -> "httpx.AsyncClient":
        key = (url[:6].lower() == "https:", proxy, ca_bundle)
        client = self._clients.get(key)
        if client is None:
            async with self._making:
                if self._is_closed:
                    raise TransportError("connect", "the HTTP client is closed")
                client = self._clients.get(key)
                if client is None:
                    client = await _make_client(*key)
                    self._clients[key] = client
        return client

    def _own(self, work: Coroutine[None, None, None]) -> None:
        """Run work to its end in the background; `aclose` cancels it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _make_client(is_tls: bool, proxy: str | None, ca_bundle: str | None) -> "httpx.AsyncClient":
    # In a thread: the imports and the certificates take 0.1 s and more, and the loop must not stand still.
    trust = await asyncio.to_thread(_load, is_tls, ca_bundle)
    return _assemble(trust, proxy, is_tls=is_tls)


def _load(is_tls: bool, ca_bundle: str | None) -> "ssl.SSLContext":
    import aiohttp  # noqa: F401 - imported here so that `_assemble` finds it ready
    import httpx_aiohttp  # noqa: F401

    from agentls.world.trust import build_trust, no_trust

    return build_trust(ca_bundle) if is_tls else no_trust()


def _assemble(trust: "ssl.SSLContext", proxy: str | None, *, is_tls: bool) -> "httpx.AsyncClient":
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import aiohttp
    import httpx
    import httpx_aiohttp

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=trust, limit=0, keepalive_timeout=_KEEP_ALIVE_S, resolver=aiohttp.ThreadedResolver()
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    headers = {"user-agent": "agentls"}
    via: httpx.Proxy | None = None
    if proxy is not None:
        address, password = _split_proxy(proxy)
        # Given as headers: the adapter's own way is deprecated in aiohttp and would warn at each request.
        # In front of a TLS tunnel it goes to the proxy with CONNECT; without one it goes with the request.
        via = httpx.Proxy(address, headers=password if is_tls else None)
        headers |= {} if is_tls else password
    transport = httpx_aiohttp.AiohttpTransport(verify=trust, trust_env=False, proxy=via, client=session)
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport, trust_env=False, timeout=httpx.Timeout(None), headers=headers, cookies=no_cookies
    )


def _split_proxy(proxy: str) -> tuple[str, dict[str, str]]:
    """Return the proxy's address without userinfo, and the header that carries the userinfo."""
    import httpx

    try:
        urlsplit(proxy)  # stricter than httpx about brackets
        url = httpx.URL(proxy)
    except (ValueError, httpx.InvalidURL) as error:
        raise TransportError("proxy", "the proxy is no valid URL") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise TransportError("proxy", "the proxy must be an http:// or https:// URL")
    address = str(url.copy_with(username=None, password=None))
    if not url.userinfo:
        return address, {}
    pair = base64.b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")
    return address, {"proxy-authorization": f"Basic {pair}"}


def _check_headers(headers: Mapping[str, str], origin: str) -> None:
    """Refuse before anything is sent what would end a header early; httpx's client object lets it pass."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise TransportError("protocol", f"{origin}: a header holds a character that HTTP does not allow")


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    """Give a large body piece by piece: as one piece aiohttp warns that it would hold the loop up."""
    for start in range(0, len(body), _SLICE_BYTES):
        yield body[start : start + _SLICE_BYTES]


def _refusal(status: int, headers: Mapping[str, str], origin: str) -> TransportError | None:
    if status in _REDIRECTS:
        where = _target(headers.get("location", ""), origin)
        return TransportError("redirect", f"{origin} redirects to {where}, which is not followed")
    unread = {part.strip().lower() for part in headers.get("content-encoding", "").split(",")} - _ENCODINGS
    if unread:
        return TransportError("protocol", f"{origin}: the answer is compressed in a way that was not asked for")
    return None


def _target(location: str, origin: str) -> str:
    """Where a redirect leads, without userinfo, query and fragment, which might hold secrets."""
    try:
        path = urlsplit(location).path
    except ValueError:
        return "another address"
    shown = "".join(character for character in path if "!" <= character <= "~")[:_LONGEST_PATH]
    if location.startswith("/") and not location.startswith("//"):
        return f"{origin}{shown}"
    target = origin_of(location)
    return "another address" if target == "the endpoint" else f"{target}{shown}"


def _expected() -> tuple[type[Exception], ...]:
    """Return what the two libraries raise when the outside misbehaves; everything else is our own bug."""
    import aiohttp
    import httpx

    return (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError, ValueError)


def _named(error: BaseException, origin: str) -> TransportError:
    """Name the failure; only the types and the system's own words are used, never the library's text."""
    import aiohttp
    from aiohttp.http_exceptions import ContentLengthError, TransferEncodingError

    chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            return TransportError("proxy", f"{origin}: the proxy answered {cause.status}")
        if isinstance(cause, aiohttp.ClientProxyConnectionError):
            return TransportError("proxy", f"{origin}: the proxy cannot be reached")
    named = system_error(error, origin)
    if named is not None:
        return named
    for cause in chain:
        if isinstance(cause, TimeoutError):
            return TransportError("timeout", f"{origin}: the connection timed out")
        if isinstance(cause, aiohttp.ServerDisconnectedError):
            return TransportError("reset", f"{origin}: the connection was closed")
        if isinstance(cause, ContentLengthError | TransferEncodingError):
            return TransportError("reset", f"{origin}: the connection was closed in the middle of the answer")
        if isinstance(cause, zlib.error):
            return TransportError("protocol", f"{origin}: the compressed answer cannot be unpacked")
    if isinstance(error, ValueError):
        return TransportError("protocol", f"{origin}: a header or the URL holds what HTTP does not allow")
    return TransportError("protocol", f"{origin}: the answer is no valid HTTP ({type(chain[-1]).__name__})")
