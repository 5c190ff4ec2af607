import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentls.world.http import HttpClient, HttpResponse, HttpTimeouts, TransportError
from agentls.world.scripted import (
    Cut,
    Gate,
    HttpError,
    NoHeaders,
    Raw,
    Reply,
    Script,
    ScriptedEndpoint,
    Text,
    Unframed,
)
from agentls.world.transport_error import origin_of
from agentls.world.watchdog import Watchdog

KEY = "sk-canary-0123456789"
BODY = json.dumps({"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
PATIENT = HttpTimeouts(connect_s=10, first_byte_s=20, idle_s=20)


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.aclose()


async def post(
    client: HttpClient,
    url: str,
    *,
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
    timeouts: HttpTimeouts = PATIENT,
    proxy: str | None = None,
    ca_bundle: str | None = None,
) -> HttpResponse:
    sent = {"content-type": "application/json", "authorization": f"Bearer {KEY}", **(headers or {})}
    return await client.post(
        f"{url}/chat/completions", headers=sent, body=body, timeouts=timeouts, proxy=proxy, ca_bundle=ca_bundle
    )


async def whole(response: HttpResponse) -> bytes:
    return b"".join([piece async for piece in response.chunks()])


async def failure(asked: Awaitable[object]) -> TransportError:
    """Return the error of a request that must fail; no error may tell the key."""
    with pytest.raises(TransportError) as caught:
        await asked
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.detail}"
    return caught.value


async def ask(client: HttpClient, reply: Reply, **more: object) -> bytes:
    async with ScriptedEndpoint(Script([reply])) as endpoint:
        return await whole(await post(client, endpoint.base_url, **more))  # type: ignore[arg-type]


async def test_a_stream_arrives_whole_with_its_status_and_headers(client: HttpClient) -> None:
    async with ScriptedEndpoint(Script([Raw([b"data: a\n\n", b"data: b\n\n"], headers={"X-Odd": "1"})])) as endpoint:
        response = await post(client, endpoint.base_url)
        assert (response.status, response.headers["x-odd"]) == (200, "1")
        assert await whole(response) == b"data: a\n\ndata: b\n\n"
    assert endpoint.requests[0].raw == BODY


async def test_pieces_come_as_they_are_sent(client: HttpClient) -> None:
    gate = Gate()
    async with ScriptedEndpoint(Script([Raw([b"one", b"two"], gates={1: gate})])) as endpoint:
        response = await post(client, endpoint.base_url)
        pieces = response.chunks()
        assert await anext(pieces) == b"one"
        gate.open()
        assert await anext(pieces) == b"two"
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


async def test_a_bad_status_is_an_answer_and_its_body_can_be_limited(client: HttpClient) -> None:
    replies = [HttpError(429, "x" * 5000, {"Retry-After": "3"}), HttpError(401, "no")]
    async with ScriptedEndpoint(Script(replies)) as endpoint:
        response = await post(client, endpoint.base_url)
        assert (response.status, response.headers["retry-after"]) == (429, "3")
        assert await response.read(100) == b"x" * 100
        response = await post(client, endpoint.base_url)
        assert (response.status, await response.read(100)) == (401, b"no")


async def test_a_model_list_can_be_got(client: HttpClient) -> None:
    async with ScriptedEndpoint(Script()) as endpoint:
        response = await client.get(f"{endpoint.base_url}/models", headers={}, timeouts=PATIENT)
        assert (response.status, json.loads(await response.read(10_000))["object"]) == (200, "list")


async def test_requests_share_one_connection(client: HttpClient) -> None:
    async with ScriptedEndpoint(Script(then=Text("hello"))) as endpoint:
        for _ in range(3):
            await whole(await post(client, endpoint.base_url))
        response = await post(client, endpoint.base_url)
        await response.read(100_000)
    assert [request.connection for request in endpoint.requests] == [1, 1, 1, 1]


async def test_a_released_connection_is_used_again_when_its_last_bytes_are_here(client: HttpClient) -> None:
    """F21: an endpoint that is slow to end its body delays nobody."""
    gate = Gate()
    async with ScriptedEndpoint(Script([Raw([b"all"], gates={1: gate}), Text("next")])) as endpoint:
        others = asyncio.all_tasks()
        response = await post(client, endpoint.base_url)
        assert await anext(response.chunks()) == b"all"
        response.release()
        response.release()
        await response.aclose()
        drains = [task for task in asyncio.all_tasks() - others if "_drain" in repr(task)]
        assert len(drains) == 1
        gate.open()
        await endpoint.requests[0].wait_ended()
        await asyncio.gather(*drains)
        await whole(await post(client, endpoint.base_url))
    assert [request.connection for request in endpoint.requests] == [1, 1]


async def test_a_connection_that_died_while_idle_is_not_used(client: HttpClient) -> None:
    """F32."""
    async with ScriptedEndpoint(Script(then=Text("hello"))) as endpoint:
        await whole(await post(client, endpoint.base_url))
        await endpoint.drop_connections()
        await whole(await post(client, endpoint.base_url))
    assert [request.connection for request in endpoint.requests] == [1, 2]


async def test_a_large_body_arrives_whole_and_unchunked(client: HttpClient) -> None:
    body = BODY[:-1] + b',"pad":"' + b"x" * 3_000_000 + b'"}'
    async with ScriptedEndpoint(Script([Text("ok")])) as endpoint:
        await whole(await post(client, endpoint.base_url, body=body))
    request = endpoint.requests[0]
    assert request.raw == body
    assert (request.headers["content-length"], "transfer-encoding" in request.headers) == (str(len(body)), False)


async def test_only_what_was_asked_is_sent(client: HttpClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    replies = [HttpError(200, "", {"Set-Cookie": "a=b; Path=/"}), Text("ok")]
    async with ScriptedEndpoint(Script(replies)) as endpoint:
        for _ in range(2):
            await whole(await post(client, endpoint.base_url))
    sent = endpoint.requests[1].headers
    assert sent == {
        "host": endpoint.origin.removeprefix("http://"),
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": "agentls",
        "content-type": "application/json",
        "authorization": f"Bearer {KEY}",
        "content-length": str(len(BODY)),
    }


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
async def test_a_compressed_answer_is_read_though_none_was_asked_for(
    client: HttpClient, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    data = pack(b"data: [DONE]\n\n" * 100)
    reply = Raw([data[:9], data[9:]], headers={"content-encoding": encoding})
    assert await ask(client, reply) == b"data: [DONE]\n\n" * 100


async def test_a_broken_or_unknown_compression_is_a_protocol_error(client: HttpClient) -> None:
    for encoding in ("gzip", "br", "gzip, zstd"):
        error = await failure(ask(client, Raw([b"not packed"], headers={"content-encoding": encoding})))
        assert error.kind == "protocol"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(client: HttpClient, status: int) -> None:
    async with ScriptedEndpoint(Script([Text("stolen")])) as other:
        target = HttpError(status, "", {"Location": f"{other.base_url}/chat/completions?{KEY}"})
        async with ScriptedEndpoint(Script([target])) as endpoint:
            error = await failure(post(client, endpoint.base_url))
    assert error.kind == "redirect"
    assert error.detail == f"{endpoint.origin} redirects to {other.base_url}/chat/completions, which is not followed"
    assert other.all_requests == []


@pytest.mark.parametrize("location", ["", "http://[", "http://user:pw@/", "elsewhere"])
async def test_a_redirect_to_nowhere_is_one_too(client: HttpClient, location: str) -> None:
    error = await failure(ask(client, HttpError(302, "", {"Location": location})))
    assert (error.kind, "redirects to another address, which" in error.detail) == ("redirect", True)


async def test_a_redirect_to_another_path_names_it(client: HttpClient) -> None:
    async with ScriptedEndpoint(Script([HttpError(302, "", {"Location": f"/else\u00adwhere?{KEY}"})])) as endpoint:
        error = await failure(post(client, endpoint.base_url))
    assert error.detail == f"{endpoint.origin} redirects to {endpoint.origin}/elsewhere, which is not followed"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (NoHeaders("close"), "reset"),  # F06
        (NoHeaders("reset"), "reset"),
        (Text("hello", cut=Cut(30, "close")), "reset"),  # F10
        (Text("hello", cut=Cut(30, "reset")), "reset"),  # F08
        (Raw([b"x"], then="close"), "reset"),
        (Unframed(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort"), "reset"),  # F26
        (Unframed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nbad"), "protocol"),  # F25
        (Unframed(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "protocol"),
        (Unframed(b"HTTP/1.1 999999 what\r\n\r\n"), "protocol"),
        (Unframed(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"), "protocol"),
        (Unframed(b"\0" * 5000), "protocol"),
        (Unframed(b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n"), "protocol"),
    ],
)
async def test_a_broken_answer_is_named(client: HttpClient, reply: Reply, kind: str) -> None:
    error = await failure(ask(client, reply))
    assert error.kind == kind
    assert error.detail.startswith("http://127.0.0.1:")


async def test_the_pieces_before_a_break_are_delivered(client: HttpClient) -> None:
    gate, found = Gate(), []
    async with ScriptedEndpoint(Script([Raw([b"one", b"two"], then="close", gates={1: gate})])) as endpoint:
        response = await post(client, endpoint.base_url)

        async def collect() -> None:
            async for piece in response.chunks():
                found.append(piece)
                gate.open()

        await failure(collect())
    assert b"".join(found) in (b"one", b"onetwo")


async def test_a_body_that_ends_with_the_connection_is_whole(client: HttpClient) -> None:
    assert await ask(client, Unframed(b"HTTP/1.1 200 OK\r\n\r\ndata: x\n\n")) == b"data: x\n\n"


async def test_a_port_where_nothing_listens_refuses(client: HttpClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = await failure(post(client, f"http://127.0.0.1:{taken.getsockname()[1]}/v1"))
    assert (error.kind, "nothing listens" in error.detail) == ("refused", True)


async def test_a_name_that_cannot_be_resolved_is_named(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    error = await failure(post(client, "http://nowhere.invalid/v1"))
    assert (error.kind, error.detail) == ("dns", "http://nowhere.invalid: the host name cannot be resolved")


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://127.0.0.1:9/v1", {"x-key": "a\nb"}),
        ("http://127.0.0.1:9/v1", {"x-key": "a\0b"}),
        ("http://127.0.0.1:9/v1", {"x-key": "schlüssel\u2028"}),
        ("http://127.0.0.1:9/v1", {"x key:": "a"}),
        ("ftp://127.0.0.1/v1", {}),
        ("http://", {}),
        ("http://user:password@127.0.0.1:9/v1", {}),
        ("http://[::1/v1", {}),
        ("nonsense", {}),
        (f"http://127.0.0.1:{10**6}/v1", {}),
    ],
)
async def test_what_http_cannot_carry_is_refused_before_it_is_sent(
    client: HttpClient, url: str, headers: dict[str, str]
) -> None:
    error = await failure(post(client, url, headers=headers))
    assert error.kind == "protocol"


@pytest.mark.parametrize(
    ("reply", "timeouts", "words"),
    [
        (NoHeaders(), HttpTimeouts(9, 0.05, 9), "no answer within 0.05 s"),  # F13
        (Raw([b"x"], gates={0: Gate()}), HttpTimeouts(9, 0.05, 9), "no answer within 0.05 s"),
        (Raw([b"x", b"y"], gates={1: Gate()}), HttpTimeouts(9, 9, 0.05), "nothing came for 0.05 s"),  # F14
    ],
)
async def test_a_stall_ends_by_its_own_limit_and_closes_the_socket(
    client: HttpClient, reply: Reply, timeouts: HttpTimeouts, words: str
) -> None:
    async with ScriptedEndpoint(Script([reply])) as endpoint:
        started = asyncio.get_running_loop().time()

        async def read() -> None:
            await whole(await post(client, endpoint.base_url, timeouts=timeouts))

        error = await failure(read())
        task = asyncio.current_task()
        assert task is not None
        assert (error.kind, words in error.detail, task.cancelling()) == ("timeout", True, 0)
        assert await endpoint.requests[0].wait_ended() is True
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_handshake_that_stalls_ends_by_the_connect_limit(client: HttpClient) -> None:
    """F04."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        error = await failure(post(client, url, timeouts=HttpTimeouts(0.05, 9, 9)))
    assert (error.kind, "no connection within 0.05 s" in error.detail) == ("timeout", True)


async def test_a_reader_that_takes_its_time_is_not_taken_for_a_stall() -> None:
    loop = asyncio.get_running_loop()
    dog = Watchdog(loop.time() + 0.02, 0.02)
    dog.start()
    dog.stop()
    busy = loop.create_future()
    loop.call_later(0.08, busy.set_result, None)
    await busy
    dog.start()
    with pytest.raises(asyncio.CancelledError):
        await loop.create_future()
    assert dog.caused()
    dog.stop()
    dog.close()


async def test_a_cancel_that_meets_a_stall_stays_a_cancel() -> None:
    dog = Watchdog(asyncio.get_running_loop().time(), 1.0)
    told: list[bool] = []

    async def wait() -> None:
        dog.start()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            told.append(dog.caused())
            raise

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(task.cancel)
    dog._look()
    await asyncio.wait([task])
    assert (told, task.cancelled()) == ([False], True)


@pytest.mark.parametrize("at", ["headers", "body", "between"])
async def test_a_cancel_closes_the_socket_at_once(client: HttpClient, at: str) -> None:
    gate = Gate()
    reply: Reply = NoHeaders("stall", gate) if at == "headers" else Raw([b"x", b"y"], gates={1: gate})
    got = asyncio.Event()
    async with ScriptedEndpoint(Script([reply])) as endpoint:

        async def read() -> None:
            response = await post(client, endpoint.base_url)
            try:
                async for _ in response.chunks():
                    got.set()
                    if at == "between":
                        await asyncio.Event().wait()
            finally:
                await response.aclose()

        task = asyncio.ensure_future(read())
        await (gate.wait_reached() if at == "headers" else got.wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert await endpoint.requests[0].wait_ended() is True
        await endpoint.wait_for_open_connections(0)


async def test_an_answer_before_the_body_was_sent_is_an_answer(client: HttpClient) -> None:
    """F28."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    gone = asyncio.Event()
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        response = await post(client, f"http://127.0.0.1:{port}/v1", body=b"x" * 8_000_000)
        assert (response.status, await response.read(100)) == (413, b"big")
        await gone.wait()


async def test_many_requests_at_once_need_no_turn(client: HttpClient) -> None:
    gate = Gate()
    async with ScriptedEndpoint(Script(then=Text("hello", gates={1: gate}))) as endpoint:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(post(client, endpoint.base_url)) for _ in range(120)]
        gate.open()
        bodies = await asyncio.gather(*[whole(task.result()) for task in asked])
    assert len(set(bodies)) == 120
    assert endpoint.connections == 120


async def test_a_closed_client_refuses_and_drops_what_is_open() -> None:
    client = HttpClient()
    gate = Gate()
    async with ScriptedEndpoint(Script([Raw([b"x"], gates={1: gate})])) as endpoint:
        response = await post(client, endpoint.base_url)
        assert await anext(response.chunks()) == b"x"
        response.release()
        await client.aclose()
        await client.aclose()
        assert await endpoint.requests[0].wait_ended() is True
        assert (await failure(post(client, endpoint.base_url))).kind == "connect"


def test_nothing_heavy_is_imported_before_the_first_request() -> None:
    program = (
        "import sys, agentls.world.http; agentls.world.http.HttpClient();"
        "print([name for name in ('httpx', 'aiohttp', 'certifi', 'httpx_aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://user:pw@api.example.com:8443/v1?key=x#y", "https://api.example.com:8443"),
        ("http://[::1]:80/v1", "http://[::1]:80"),
        ("api.example.com", "the endpoint"),
        ("http://[", "the endpoint"),
        ("http://h:99999999/", "the endpoint"),
        ("", "the endpoint"),
    ],
)
def test_an_origin_tells_no_secret(url: str, origin: str) -> None:
    assert origin_of(url) == origin


# --- TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A self-signed certificate for 127.0.0.1 alone: the server's side, and the file that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


async def test_a_bundle_of_the_users_adds_to_what_is_trusted(
    client: HttpClient, certificate: tuple[ssl.SSLContext, str]
) -> None:
    context, bundle = certificate
    async with ScriptedEndpoint(Script(then=Text("safe")), tls=context) as endpoint:
        await client.prepare(endpoint.base_url, ca_bundle=bundle)
        for _ in range(2):
            assert b"safe" in await whole(await post(client, endpoint.base_url, ca_bundle=bundle))
    assert [request.connection for request in endpoint.requests] == [1, 1]


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    client: HttpClient, certificate: tuple[ssl.SSLContext, str]
) -> None:
    """B134: self-signed, and right for another host."""
    context, bundle = certificate
    async with ScriptedEndpoint(Script(), tls=context) as endpoint:
        unknown = await failure(post(client, endpoint.base_url))
        elsewhere = endpoint.base_url.replace("127.0.0.1", "localhost")
        wrong_host = await failure(post(client, elsewhere, ca_bundle=bundle))
    assert (unknown.kind, "not trusted (self-signed" in unknown.detail) == ("tls", True)
    assert (wrong_host.kind, "Hostname mismatch" in wrong_host.detail) == ("tls", True)
    assert endpoint.all_requests == []


async def test_a_port_that_speaks_no_tls_is_told(client: HttpClient) -> None:
    async with ScriptedEndpoint(Script()) as endpoint:
        error = await failure(post(client, endpoint.base_url.replace("http:", "https:")))
    assert (error.kind, "no TLS is spoken" in error.detail) == ("tls", True)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_bundle_that_cannot_be_read_is_told(client: HttpClient, tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    error = await failure(post(client, "https://127.0.0.1:9/v1", ca_bundle=str(bundle)))
    assert (error.kind, "CA bundle" in error.detail) == ("tls", True)


async def test_a_cancel_closes_a_tls_socket_at_once(
    client: HttpClient, certificate: tuple[ssl.SSLContext, str]
) -> None:
    context, bundle = certificate
    gate = Gate()
    async with ScriptedEndpoint(Script([Raw([b"x"], gates={0: gate})]), tls=context) as endpoint:
        response = await post(client, endpoint.base_url, ca_bundle=bundle)
        task = asyncio.ensure_future(whole(response))
        await gate.wait_reached()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert await endpoint.requests[0].wait_ended() is True


# --- proxies


@asynccontextmanager
async def proxy_server(*, refuse: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy on loopback: yields its host and port, and the heads of the requests that it saw."""
    heads: list[bytes] = []
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heads.append(head)
        if refuse:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            writer.close()
            return
        target = head.split(b" ")[1].decode()
        host, _, port = target.removeprefix("http://").partition("/")[0].partition(":")
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = target.removeprefix(f"http://{host}:{port}").encode()
            up_writer.write(head.replace(target.encode(), path, 1))
        for ends in ((reader, up_writer), (up_reader, writer)):
            pumps.add(asyncio.ensure_future(pump(*ends)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
        if pumps:
            await asyncio.wait(pumps)


async def test_plain_http_goes_through_a_proxy_with_its_password(client: HttpClient) -> None:
    async with proxy_server() as (proxy, heads), ScriptedEndpoint(Script([Text("far")])) as endpoint:
        url = f"http://user:secret@{proxy}"
        assert b"far" in await whole(await post(client, endpoint.base_url, proxy=url))
        await client.aclose()
    assert heads[0].startswith(f"POST {endpoint.base_url}/chat/completions ".encode())
    assert b"proxy-authorization: Basic dXNlcjpzZWNyZXQ=" in heads[0]


async def test_tls_goes_through_a_proxys_tunnel_that_sees_no_key(
    client: HttpClient, certificate: tuple[ssl.SSLContext, str]
) -> None:
    context, bundle = certificate
    async with proxy_server() as (proxy, heads), ScriptedEndpoint(Script([Text("far")]), tls=context) as endpoint:
        answer = await post(client, endpoint.base_url, proxy=f"http://{proxy}", ca_bundle=bundle)
        assert b"far" in await whole(answer)
        await client.aclose()
    assert heads[0].startswith(b"CONNECT 127.0.0.1:")
    assert KEY.encode() not in heads[0]


async def test_a_proxy_that_refuses_is_told_without_its_password(
    client: HttpClient, certificate: tuple[ssl.SSLContext, str]
) -> None:
    """F34."""
    async with proxy_server(refuse=True) as (proxy, _):
        url = f"http://user:{KEY}@{proxy}"
        error = await failure(post(client, "https://127.0.0.1:9/v1", proxy=url))
        assert (error.kind, "the proxy answered 407" in error.detail) == ("proxy", True)
        plain = await post(client, "http://127.0.0.1:9/v1", proxy=url)
        assert plain.status == 407
        await plain.aclose()


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "127.0.0.1:9", "http://[", "", "ftp://x"]
)
async def test_a_proxy_that_cannot_be_used_is_told(client: HttpClient, proxy: str) -> None:
    error = await failure(post(client, "http://127.0.0.1:9/v1", proxy=proxy))
    assert error.kind == "proxy"
