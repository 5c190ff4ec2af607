"""The whole path: `agentls run` (client and server process, journal on) against a provider that streams flat out.

`python tests/benchmarks/agent_run.py [RUNS]` prints one row per scenario, medians. S1 hello: 200 chunks. S2: 20 turns
of one read. S3: a write of 200 KB in 4-byte pieces. S4: 8 reads in one answer. S5: 20,000 chunks of text. Ratios
against a bare loop of httpx and msgspec (no product code) stand beside the figures, measured in the same run.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CHUNKS = {"S1": 204, "S2": 20 * 8, "S3": 50_000, "S4": 8 * 6, "S5": 20_004}


@dataclass(frozen=True)
class Measure:
    wall_s: float
    cpu_s: float
    start_s: float
    gap_ms: float
    rss_mb: float


def provider(scenario: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "provider.py"), "0", scenario], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _peak_rss_mb(pid: int, stop: threading.Event, peak: list[float]) -> None:
    """The highest sum of resident memory of a process and its children (Linux)."""
    while not stop.wait(0.01):
        total = 0
        for each in _family(pid):
            try:
                pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
            except (OSError, IndexError):
                continue
            total += pages * os.sysconf("SC_PAGE_SIZE")
        peak[0] = max(peak[0], total / 2**20)


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    except OSError:
        pass
    return found


def measure(scenario: str, command: list[str]) -> Measure:
    server, port = provider(scenario)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(20):
                lines = [f"value_{line:03d} = compute(arg_{number}, {line}, 'some text')" for line in range(200)]
                (Path(folder) / f"src_{number:02d}.py").write_text("\n".join(lines) + "\n")
            env = {**os.environ, "AGENTLS_DATA_DIR": str(Path(folder) / ".data"), "NO_PROXY": "*"}
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began_s = time.monotonic()
            process = subprocess.Popen(
                [part.format(url=f"http://127.0.0.1:{port}/v1", folder=folder) for part in command],
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env=env,
            )
            stop, peak = threading.Event(), [0.0]
            watcher = threading.Thread(target=_peak_rss_mb, args=(process.pid, stop, peak))
            watcher.start()
            code = process.wait(120)
            wall_s = time.monotonic() - began_s
            stop.set()
            watcher.join()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert code == 0, f"{scenario}: exit {code}"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/log") as answer:
            log = json.load(answer)
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    pairs = itertools.pairwise(log)
    gaps = [after_s - before_s for (a, before_s), (b, after_s) in pairs if (a, b) == ("last byte", "request")]
    gap_ms = statistics.median(gaps) * 1000 if gaps else 0.0
    return Measure(wall_s, cpu_s, log[0][1] - began_s, gap_ms, peak[0])


def median(runs: list[Measure]) -> Measure:
    return Measure(*(statistics.median(getattr(run, name) for run in runs) for name in Measure.__dataclass_fields__))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    product = [sys.executable, "-m", "agentls", "run", "Go", "--json", "--approve", "all"]
    product += ["--base-url", "{url}", "--model", "bench", "--workspace", "{folder}"]
    floor = [sys.executable, str(HERE / "floor.py"), "{url}"]
    print(f"{'':4} {'':8} {'wall s':>8} {'CPU s':>8} {'start s':>8} {'gap ms':>8} {'RSS MB':>8} {'µs CPU/chunk':>13}")
    for scenario in CHUNKS:
        rows = {
            name: median([measure(scenario, command) for _ in range(runs)])
            for name, command in (("agentls", product), ("floor", floor))
        }
        # what the chunks cost: all CPU but that of a run that has none to speak of
        for name, row in rows.items():
            idle = _idle.setdefault(name, row.cpu_s)
            per_chunk = (row.cpu_s - idle) / CHUNKS[scenario] * 1e6 if scenario in ("S3", "S5") else float("nan")
            print(
                f"{scenario:4} {name:8} {row.wall_s:8.2f} {row.cpu_s:8.2f} {row.start_s:8.2f} {row.gap_ms:8.1f}"
                f" {row.rss_mb:8.0f} {per_chunk:13.1f}"
            )


_idle: dict[str, float] = {}

if __name__ == "__main__":
    main()
