"""CPU per streamed chunk, from the provider's socket on: `python tests/benchmarks/stream.py`.

Rows: a hand-written asyncio reader with msgspec (the floor); our HTTP and stream core (socket to events); the whole
server (socket to notifications on stdout, journal on, the client drains it); the `openai` package where it is
installed. The provider streams flat out from another process. Then the delay that the server adds to a first delta.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from agentls.chat.stream import ChatStream
from agentls.world.http import HttpClient, HttpTimeouts

CHUNKS = {"S5": 20_004, "S3": 50_000}
ROUNDS = 3
BODY = json.dumps({"model": "bench", "stream": True, "messages": [{"role": "user", "content": "Go"}]}).encode()


class Delta(msgspec.Struct):
    content: str | None = None


class Choice(msgspec.Struct):
    delta: Delta


class Chunk(msgspec.Struct):
    choices: list[Choice]


async def raw(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
    writer.write(head.encode() + BODY)
    decode = msgspec.json.Decoder(Chunk).decode
    rest = b""
    while b"[DONE]" not in rest:
        *lines, rest = (rest + await reader.read(65536)).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                decode(line[6:])
            elif line.startswith(b"data: [DONE]"):
                rest = line
    writer.close()


async def ours(port: int) -> None:
    client = HttpClient()
    try:
        response = await client.post(
            f"http://127.0.0.1:{port}/v1/chat/completions",
            headers={"content-type": "application/json"},
            body=BODY,
            timeouts=HttpTimeouts(10, 600, 120),
        )
        stream = ChatStream()
        async for data in response.chunks():
            stream.feed(data)
            if stream.is_over:
                break
        await response.aclose()
    finally:
        await client.aclose()


async def openai_package(port: int) -> None:
    import openai

    client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="x")
    answer = await client.chat.completions.create(
        model="bench", messages=[{"role": "user", "content": "Go"}], stream=True
    )
    async for _ in answer:
        pass
    await client.close()


def cpu_of(run: Callable[[int], Awaitable[None]], port: int) -> float:
    """CPU seconds of one run, imports and first use paid before."""

    async def twice() -> float:
        await run(port)
        begun_s = time.process_time()
        await run(port)
        return time.process_time() - begun_s

    return min(asyncio.run(twice()) for _ in range(ROUNDS))


def whole(port: int) -> float:
    """CPU seconds of the server process for one turn, less those of a turn of three chunks."""
    with tempfile.TemporaryDirectory() as folder:
        return min(_turn(port, Path(folder) / str(number)) for number in range(ROUNDS))


def _turn(port: int, folder: Path, delays_ms: list[float] | None = None) -> float:
    folder.mkdir()
    env = {**os.environ, "AGENTLS_DATA_DIR": str(folder / "data")}
    process = subprocess.Popen(
        [sys.executable, "-m", "agentls", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    )
    assert process.stdin is not None
    assert process.stdout is not None
    provider = {"id": "p", "name": "P", "baseUrl": f"http://127.0.0.1:{port}/v1", "modelId": "bench"}
    root = [{"uri": folder.as_uri(), "name": "w"}]
    options = {"agent": {"protocolVersion": 1}}
    messages = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}, "workspaceFolders": root,
                                                      "initializationOptions": options}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "agent/provider/set", "params": {"provider": provider}},
        {"id": 3, "method": "agent/settings/set", "params": {"settings": {"approval": {"mode": "full"}}}},
        {"id": 4, "method": "agent/task/start", "params": {"prompt": "Go"}},
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for message in messages:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    process.stdin.flush()
    seen = b""
    while b'"method":"agent/turn/completed"' not in seen:
        data = os.read(process.stdout.fileno(), 65536)
        if delays_ms is not None:
            _note_delays(data, delays_ms)
        seen = seen[-64:] + data
    process.stdin.close()
    while os.read(process.stdout.fileno(), 65536):
        pass
    process.stdout.close()
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _note_delays(data: bytes, delays_ms: list[float]) -> None:
    now_ns = time.monotonic_ns()
    delays_ms.extend((now_ns - int(sent)) / 1e6 for sent in re.findall(rb'"(?:delta|content)":"t=(\d+);', data))


async def raw_delays(port: int, delays_ms: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
    writer.write(head.encode() + BODY)
    data = b""
    while b"[DONE]" not in data:
        data = await reader.read(65536)
        _note_delays(data, delays_ms)
    writer.close()


def paced() -> None:
    """The delay from the provider's send to a delta on stdout, at a pace at which none are merged."""
    server, port = start("paced")
    direct: list[float] = []
    through: list[float] = []
    asyncio.run(raw_delays(port, direct))
    with tempfile.TemporaryDirectory() as folder:
        _turn(port, Path(folder) / "w", through)
    stop(server)
    floor_ms, ours_ms = statistics.median(direct), statistics.median(through)
    print(
        f"paced 25/s: p50 {floor_ms:.2f} ms raw socket read, {ours_ms:.2f} ms on stdout: +{ours_ms - floor_ms:.2f} ms"
    )


def start(scenario: str) -> tuple[subprocess.Popen[str], int]:
    server = subprocess.Popen(
        [sys.executable, str(HERE / "provider.py"), "0", scenario], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def stop(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    if server.stdout is not None:
        server.stdout.close()


def main() -> None:
    server, port = start("S0")
    idle_s = statistics.median(whole(port) for _ in range(ROUNDS))
    stop(server)
    print(f"{'':4} {'':34} {'µs CPU/chunk':>13} {'x floor':>8}")
    for scenario, chunks in CHUNKS.items():
        server, port = start(scenario)
        rows: dict[str, float] = {
            "hand-written reader + msgspec": cpu_of(raw, port),
            "socket to events": cpu_of(ours, port),
            "socket to notifications on stdout": max(0.0, whole(port) - idle_s),
        }
        try:
            rows["openai create(stream=True)"] = cpu_of(openai_package, port)
        except ImportError:
            print("openai is not installed: that row is left out (pip install 'agentls[bench]')")
        stop(server)
        floor_s = next(iter(rows.values()))
        for name, cpu_s in rows.items():
            print(f"{scenario:4} {name:34} {cpu_s / chunks * 1e6:13.2f} {cpu_s / floor_s:8.2f}")
    paced()


if __name__ == "__main__":
    main()
