"""Process start → `initialize` answered, against a bare pygls server and bare Python.

`python -m tests.benchmarks.startup [--server COMMAND…]`. Rounds are interleaved; wall is what the client
waits, CPU what the server's process has used when the answer is there. Target: at most 1.15x bare pygls.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 9
TARGET = 1.15
_PYGLS = 'from pygls.lsp.server import LanguageServer\nLanguageServer("bare", "1").start_io()'
_OPTIONS = {"agent": {"protocolVersion": 1}}
_PARAMS = {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": _OPTIONS}
_BODY = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _PARAMS}).encode()
_FRAME = b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_LENGTH = re.compile(rb"Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n")


def cpu_ms_of(process_id: int) -> float:
    """The CPU of all threads so far (Linux: schedstat is exact, the clock ticks of stat are not)."""
    folder = Path(f"/proc/{process_id}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in folder.iterdir()) / 1e6


def measure(command: list[str]) -> tuple[float, float, float]:
    """Wall ms, CPU ms and resident MiB when the answer to `initialize` is there."""
    started_s = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_FRAME)
        data = b""
        while (match := _LENGTH.match(data)) is None or len(data) < match.end() + int(match.group(1)):
            more = os.read(process.stdout.fileno(), 65536)
            assert more, f"{command} ended without an answer"
            data += more
        wall_ms = (time.perf_counter() - started_s) * 1000
        cpu_ms = cpu_ms_of(process.pid)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = re.search(r"VmRSS:\s+(\d+)", status)
        process.kill()
    return wall_ms, cpu_ms, int(resident.group(1)) / 1024 if resident else 0.0


def measure_python() -> tuple[float, float, float]:
    """The same of an interpreter that does nothing."""
    started_s = time.perf_counter()
    before = os.times()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = os.times()
    cpu_s = after.children_user - before.children_user + after.children_system - before.children_system
    return (time.perf_counter() - started_s) * 1000, cpu_s * 1000, 0.0


def main(arguments: list[str]) -> int:
    server = arguments[1:] if arguments[:1] == ["--server"] else [sys.executable, "-m", "agentls", "--stdio"]
    commands = {"bare pygls": [sys.executable, "-c", _PYGLS], "agentls": server}
    rows: dict[str, list[tuple[float, float, float]]] = {"python -c pass": [], **{name: [] for name in commands}}
    for _ in range(ROUNDS):
        rows["python -c pass"].append(measure_python())
        for name, command in commands.items():
            rows[name].append(measure(command))
    medians = {name: [statistics.median(column) for column in zip(*row, strict=True)] for name, row in rows.items()}
    base = medians["bare pygls"]
    print(f"{'':16}{'wall ms':>9}{'x':>7}{'CPU ms':>9}{'x':>7}{'RSS MiB':>9}")
    for name, (wall_ms, cpu_ms, resident) in medians.items():
        ratios = wall_ms / base[0], cpu_ms / base[1]
        print(f"{name:16}{wall_ms:9.0f}{ratios[0]:7.2f}{cpu_ms:9.0f}{ratios[1]:7.2f}{resident:9.0f}")
    ratio = medians["agentls"][1] / base[1]
    print(f"CPU to `initialize` answered: {ratio:.2f}x bare pygls, target {TARGET}")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
