"""CPU per notification on stdout against pygls's `notify(dict)`: `python -m tests.benchmarks.notifications`.

Both write to the same kind of pipe, which a child process empties, in bursts as a turn makes them; CPU is
that of this process, all threads. Rounds are interleaved, medians printed: read the ratios. Target: 6x.
"""

from __future__ import annotations

import gc
import inspect
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer

from agentls.engine.publisher import LiveFrame, StoredFrame
from agentls.lsp.frames import encode_frame
from agentls.lsp.messages import encode_json
from agentls.lsp.outbox import Outbox

ROUNDS = 5
PAUSE_S = 0.005
SIZES = {"200 B": (200, 20_000), "2 KB": (2_000, 10_000), "50 KB": (50_000, 1_500)}
METHOD = "agent/toolCall/output"
TARGET = 6.0
BURST_BYTES = 256 * 1024
_SOURCE = inspect.getsource(inspect)[:60_000]
_SINK = "import os\nwhile os.read(0, 1 << 20): pass"


@contextmanager
def sink() -> Iterator[int]:
    """A pipe that another process empties."""
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", _SINK], stdin=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None
        yield child.stdin.fileno()


def payload(size_bytes: int, number: int) -> dict[str, Any]:
    """A payload of about that many bytes once encoded; source code, as a tool would show it."""
    text = (_SOURCE * (size_bytes // len(_SOURCE) + 1))[: max(size_bytes - 120, 20)]
    return {"callId": f"call_{number}", "stream": "stdout", "delta": text}


def envelope(number: int) -> dict[str, Any]:
    return {"taskId": "task_1", "turnId": "turn_1", "seq": number, "time": 1_700_000_000_000}


def bursts(payloads: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    count = burst_of(payloads)
    for start in range(0, len(payloads), count):
        yield payloads[start : start + count]


def burst_of(payloads: list[dict[str, Any]]) -> int:
    return max(1, BURST_BYTES // len(payloads[0]["delta"]))


def _settle(outbox: Outbox) -> None:
    while outbox.queued_bytes:
        time.sleep(PAUSE_S)


def by_pygls(fd: int, payloads: list[dict[str, Any]]) -> None:
    server = LanguageServer("bench", "1")
    with os.fdopen(os.dup(fd), "wb") as stdout:
        server.protocol.set_writer(StdoutWriter(stdout))
        for burst in bursts(payloads):
            for number, each in enumerate(burst):
                server.protocol.notify(METHOD, {**envelope(number), **each})
            time.sleep(PAUSE_S)


def _outbox(fd: int) -> Outbox:
    outbox = Outbox(fd, load=lambda task_id, seq: None, limit_bytes=1 << 40)
    outbox.opt_in(frozenset())
    outbox.start()
    return outbox


def by_live(fd: int, payloads: list[dict[str, Any]]) -> None:
    """Every payload is another call's: nothing merges."""
    outbox = _outbox(fd)
    for burst in bursts(payloads):
        for each in burst:
            outbox.live(LiveFrame("task_1", "turn_1", 1_700_000_000_000, METHOD, each))
        _settle(outbox)
    assert outbox.drain(60)


def by_merged(fd: int, payloads: list[dict[str, Any]]) -> None:
    """All payloads are pieces of one call's output, as in a real stream."""
    outbox = _outbox(fd)
    for burst in bursts(payloads):
        for each in burst:
            piece = {"callId": "call_1", "stream": "stdout", "delta": each["delta"]}
            outbox.live(LiveFrame("task_1", "turn_1", 1_700_000_000_000, METHOD, piece))
        _settle(outbox)
    assert outbox.drain(60)


def by_stored(fd: int, payloads: list[dict[str, Any]]) -> float:
    """As the journal hands them over: encoded already, because it stores the same bytes."""
    started_s = time.process_time()
    frames = [
        StoredFrame("task_1", number, "agent/toolResult", encode_json({**envelope(number), **each}))
        for number, each in enumerate(payloads)
    ]
    not_counted_s = time.process_time() - started_s
    outbox = _outbox(fd)
    for start in range(0, len(frames), burst_of(payloads)):
        for frame in frames[start : start + burst_of(payloads)]:
            outbox.stored(frame)
        _settle(outbox)
    assert outbox.drain(60)
    return not_counted_s


def by_floor(fd: int, payloads: list[dict[str, Any]]) -> None:
    """No queue, no thread, no merging: encode and write. What a notification costs at the very least."""
    for burst in bursts(payloads):
        for number, each in enumerate(burst):
            params = {**envelope(number), **each}
            os.write(fd, encode_frame(encode_json({"jsonrpc": "2.0", "method": METHOD, "params": params})))
        time.sleep(PAUSE_S)


def cpu_us(way: Callable[[int, list[dict[str, Any]]], float | None], payloads: list[dict[str, Any]]) -> float:
    with sink() as fd:
        started_s = time.process_time()
        not_counted_s = way(fd, payloads) or 0.0
        return (time.process_time() - started_s - not_counted_s) / len(payloads) * 1e6


def main() -> int:
    ways = {
        "pygls notify(dict)": by_pygls,
        "live": by_live,
        "live, merged": by_merged,
        "stored": by_stored,
        "floor": by_floor,
    }
    print(f"{'':8}" + "".join(f"{name:>20}{'x':>7}" for name in ways))
    worst = float("inf")
    for label, (size_bytes, count) in SIZES.items():
        payloads = [payload(size_bytes, number) for number in range(count)]
        gc.freeze()  # as the server does once it is up
        figures: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                figures[name].append(cpu_us(way, payloads))
        medians = {name: statistics.median(values) for name, values in figures.items()}
        base = medians["pygls notify(dict)"]
        print(f"{label:8}" + "".join(f"{value:17.1f} us{base / value:7.1f}" for value in medians.values()))
        worst = min(worst, base / max(medians["live, merged"], medians["stored"]))
    print(f"stored frames and merged deltas: at worst {worst:.1f}x, target {TARGET:.0f}x")
    return 0 if worst >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
