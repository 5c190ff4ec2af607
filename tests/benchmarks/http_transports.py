"""Which transport under httpx: its own (httpcore) or aiohttp's, measured on loopback.

`python tests/benchmarks/http_transports.py [--rounds N]` prints one table; every client runs in a
process of its own, rounds are interleaved, medians are shown with the ratio to httpx's own transport.
Trust ratios, not times. `raw` is a bare asyncio protocol that only counts bytes; `agentls` is HttpClient.
"""

import argparse
import asyncio
import json
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

CLIENTS = ("raw", "httpx", "httpx-aiohttp", "agentls")
BASE = "httpx"
FLAT_CHUNKS = 20_000
PACED_CHUNKS = 400
PACE = 200.0
WARM_REQUESTS = 40

# --- server: threads and blocking sockets, so that its cost is small beside the client's


def event(content: str) -> bytes:
    body = {
        "id": "chatcmpl-ByQZ1n0pT4c8Zb7Yq3f5w2LkJmXaE",
        "object": "chat.completion.chunk",
        "created": 1751234567,
        "model": "bench-model-2025-04-14",
        "service_tier": "default",
        "system_fingerprint": "fp_799e4ca3f1",
        "choices": [{"index": 0, "delta": {"content": content}, "logprobs": None, "finish_reason": None}],
        "usage": None,
    }
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EOF_AT_NS = [0]


def serve_connection(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while request := read_request(connection):
            kind, count = request
            if kind == "flat":
                body = HEAD + framed(event(" the stream")) * count + b"0\r\n\r\n"
                connection.sendall(body)
            elif kind == "paced":
                connection.sendall(HEAD)
                due = time.monotonic()
                for _ in range(count):
                    due += 1 / PACE
                    time.sleep(max(0.0, due - time.monotonic()))
                    connection.sendall(framed(event(f"t={time.monotonic_ns()};")))
                connection.sendall(b"0\r\n\r\n")
            elif kind == "hang":
                EOF_AT_NS[0] = 0
                connection.sendall(HEAD + framed(event("one")))
                while connection.recv(1):
                    pass
                EOF_AT_NS[0] = time.monotonic_ns()
                return
            elif kind == "eof":
                text = str(EOF_AT_NS[0]).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text))
    except OSError:
        EOF_AT_NS[0] = EOF_AT_NS[0] or time.monotonic_ns()
    finally:
        connection.close()


def read_request(connection: socket.socket) -> tuple[str, int] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(1 << 20)
    target = head.split(b" ")[1].decode()
    _, kind, count = (urlsplit(target).path if "://" in target else target).split("/")
    return kind, int(count)


def proxy_connection(connection: socket.socket) -> None:
    """Serve CONNECT as a tunnel; pass a request with an absolute URI on to its host."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or b"\r\n\r\n"
    words = data.split(b" ", 2)
    if len(words) < 3:
        return connection.close()
    if words[0] == b"CONNECT":
        host, _, port = words[1].decode().partition(":")
        upstream = socket.create_connection((host, int(port)))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    else:
        parts = urlsplit(words[1].decode())
        upstream = socket.create_connection((parts.hostname, parts.port))
        upstream.sendall(data)
    for end in (connection, upstream):  # as a real proxy does: else Nagle's rule costs 40 ms
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for source, sink in ((connection, upstream), (upstream, connection)):
        threading.Thread(target=pump, args=(source, sink), daemon=True).start()
    return None


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def listen(handle: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> int:
    server = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(connection: socket.socket) -> None:
        try:
            handle(context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:
            connection.close()

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(server.getsockname()[1])


def server_main(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ports = {
        "plain": listen(serve_connection),
        "tls": listen(serve_connection, context),
        "proxy": listen(proxy_connection),
    }
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


# --- clients: open(url) yields the body's pieces as the transport gives them

Stream = Callable[[str, str | None], AsyncIterator[bytes]]
BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
HEADERS = {"content-type": "application/json", "authorization": "Bearer k", "accept-encoding": "identity"}


class RawProtocol(asyncio.Protocol):
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.request = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % parts.path.encode()
        self.parts: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.parts.put_nowait(data)


@asynccontextmanager
async def raw_client(ca_bundle: str) -> AsyncIterator[Stream]:
    async def stream(url: str, proxy: str | None) -> AsyncIterator[bytes]:
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=ca_bundle) if parts.scheme == "https" else None
        protocol = RawProtocol(url)
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: protocol, parts.hostname, parts.port, ssl=context
        )
        try:
            while True:
                data = await protocol.parts.get()
                yield data
                if data.endswith(b"0\r\n\r\n"):
                    return
        finally:
            transport.abort()

    yield stream


@asynccontextmanager
async def httpx_client(ca_bundle: str, *, is_aiohttp: bool) -> AsyncIterator[Stream]:
    import httpx

    clients: dict[str | None, httpx.AsyncClient] = {}
    context: list[ssl.SSLContext] = []

    def client_for(proxy: str | None) -> httpx.AsyncClient:
        if proxy not in clients:
            if not context:
                context.append(ssl.create_default_context(cafile=ca_bundle))
            kind = httpx.AsyncClient
            if is_aiohttp:
                import httpx_aiohttp

                kind = httpx_aiohttp.HttpxAiohttpClient
            clients[proxy] = kind(verify=context[0], trust_env=False, proxy=proxy, timeout=60)
        return clients[proxy]

    async def stream(url: str, proxy: str | None) -> AsyncIterator[bytes]:
        async with client_for(proxy).stream("POST", url, content=BODY, headers=HEADERS) as response:
            async for part in response.aiter_bytes():
                yield part

    yield stream
    for client in clients.values():
        await client.aclose()


@asynccontextmanager
async def agentls_client(ca_bundle: str) -> AsyncIterator[Stream]:
    from agentls.world.http import HttpClient, HttpTimeouts

    client = HttpClient()
    timeouts = HttpTimeouts(connect_s=10, first_byte_s=60, idle_s=60)

    async def stream(url: str, proxy: str | None) -> AsyncIterator[bytes]:
        response = await client.post(
            url,
            headers=HEADERS,
            body=BODY,
            timeouts=timeouts,
            proxy=proxy,
            ca_bundle=ca_bundle if url.startswith("https") else None,
        )
        try:
            async for part in response.chunks():
                yield part
        finally:
            await response.aclose()

    yield stream
    await client.aclose()


def open_client(name: str, ca_bundle: str) -> "object":
    match name:
        case "raw":
            return raw_client(ca_bundle)
        case "agentls":
            return agentls_client(ca_bundle)
        case _:
            return httpx_client(ca_bundle, is_aiohttp=name == "httpx-aiohttp")


# --- measurements: each returns numbers by name


async def read_all(stream: Stream, url: str, proxy: str | None = None) -> int:
    total = 0
    async for part in stream(url, proxy):
        total += len(part)
    return total


async def flat(stream: Stream, url: str) -> float:
    await read_all(stream, f"{url}/flat/100")
    before = time.process_time()
    await read_all(stream, f"{url}/flat/{FLAT_CHUNKS}")
    return (time.process_time() - before) / FLAT_CHUNKS * 1e6


async def paced(stream: Stream, url: str) -> tuple[float, float]:
    await read_all(stream, f"{url}/flat/100")
    waits: list[float] = []
    before = time.process_time()
    async for part in stream(f"{url}/paced/{PACED_CHUNKS}", None):
        now = time.monotonic_ns()
        place = part.find(b"t=")
        if place >= 0:
            waits.append((now - int(part[place + 2 : part.index(b";", place)])) / 1e3)
    cpu = (time.process_time() - before) / PACED_CHUNKS * 1e6
    return cpu, statistics.median(waits)


async def first_chunk(stream: Stream, url: str, proxy: str | None = None) -> tuple[float, float]:
    times: list[float] = []
    for _ in range(WARM_REQUESTS + 1):
        before = time.perf_counter()
        first = 0.0
        async for _ in stream(f"{url}/flat/1", proxy):
            first = first or time.perf_counter() - before
        times.append(first * 1e3)
    return times[0], statistics.median(times[1:])


async def cancel(stream: Stream, url: str, plain: str) -> float:
    started = asyncio.Event()

    async def reader() -> None:
        async for _ in stream(f"{url}/hang/0", None):
            started.set()

    task = asyncio.ensure_future(reader())
    await started.wait()
    cancelled_ns = time.monotonic_ns()
    task.cancel()
    await asyncio.wait([task])
    parts = urlsplit(plain)
    for _ in range(200):
        with socket.create_connection((parts.hostname, parts.port)) as probe:
            probe.sendall(b"GET /eof/0 HTTP/1.1\r\n\r\n")
            seen_ns = int(probe.recv(4096).rpartition(b"\r\n\r\n")[2])
        if seen_ns:
            return (seen_ns - cancelled_ns) / 1e6
        await asyncio.sleep(0.005)
    return float("inf")


async def measure(name: str, scenario: str, ports: dict[str, int], ca_bundle: str) -> dict[str, float]:
    plain, tls = f"http://127.0.0.1:{ports['plain']}", f"https://127.0.0.1:{ports['tls']}"
    proxy = f"http://127.0.0.1:{ports['proxy']}"
    before = time.process_time()
    started_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with open_client(name, ca_bundle) as stream:  # type: ignore[attr-defined]
        match scenario:
            case "import":
                await read_all(stream, f"{plain}/flat/1")
                grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started_kib) / 1024
                return {"import and first request, CPU ms": (time.process_time() - before) * 1e3, "MiB": grown_mib}
            case "flat":
                return {
                    "flat out, CPU us/chunk": await flat(stream, plain),
                    "flat out over TLS, CPU us/chunk": await flat(stream, tls),
                }
            case "paced":
                cpu, wait = await paced(stream, plain)
                return {"paced 200/s, CPU us/chunk": cpu, "paced 200/s, p50 delay us": wait}
            case "first":
                cold, warm = await first_chunk(stream, plain)
                return {"first chunk cold, ms": cold, "first chunk warm, ms": warm}
            case "first tls":
                cold, warm = await first_chunk(stream, tls)
                return {"first chunk cold TLS, ms": cold, "first chunk warm TLS, ms": warm}
            case "proxy":
                _, warm = await first_chunk(stream, plain, proxy)
                _, tunnel = await first_chunk(stream, tls, proxy)
                return {"proxy warm, ms": warm, "proxy CONNECT+TLS warm, ms": tunnel}
            case _:
                return {
                    "cancel to server's EOF, ms": await cancel(stream, plain, plain),
                    "cancel to server's EOF over TLS, ms": await cancel(stream, tls, plain),
                }


SCENARIOS = ("import", "flat", "paced", "first", "first tls", "proxy", "cancel")


def make_certificate(folder: Path) -> Path:
    path = folder / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + (folder / "cert.pem").read_text())
    return path


def run_client(name: str, scenario: str, ports: dict[str, int], ca_bundle: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--client", name, scenario, json.dumps(ports), ca_bundle]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], name, scenario, file=sys.stderr)
        return {}
    result: dict[str, float] = json.loads(done.stdout)
    return result


def table(found: dict[str, dict[str, list[float]]]) -> str:
    names = list(found)
    lines = ["| what | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    rows = list(dict.fromkeys(row for results in found.values() for row in results))
    for row in rows:
        base = statistics.median(found[BASE][row]) if row in found.get(BASE, {}) else None
        cells = []
        for name in names:
            values = found[name].get(row)
            if not values:
                cells.append("-")
                continue
            value = statistics.median(values)
            ratio = f" ({value / base:.2f}x)" if base else ""
            cells.append(f"{value:.2f}{ratio}")
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    options = parser.parse_args()
    clients = options.clients.split(",")
    found: dict[str, dict[str, list[float]]] = {name: {} for name in clients}
    with tempfile.TemporaryDirectory() as folder:
        certificate = make_certificate(Path(folder))
        command = [sys.executable, __file__, "--server", str(certificate)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            ports = json.loads(server.stdout.readline())  # type: ignore[union-attr]
            for _ in range(options.rounds):
                for scenario in options.scenarios.split(","):
                    for name in clients:
                        if name == "raw" and scenario == "proxy":
                            continue
                        for row, value in run_client(name, scenario, ports, f"{folder}/cert.pem").items():
                            found[name].setdefault(row, []).append(value)
            server.terminate()
    print(table(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--server"]:
        server_main(sys.argv[2])
    elif sys.argv[1:2] == ["--client"]:
        warnings.simplefilter("ignore")
        print(json.dumps(asyncio.run(measure(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), sys.argv[5]))))
    else:
        main()
