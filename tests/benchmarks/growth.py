"""What a long task costs: CPU of one turn as the history grows, and the memory of a task.

`python tests/benchmarks/growth.py`. The engine runs here with a real journal; the provider is another process. A turn
is one prompt and a three-chunk answer; the figure is CPU of this process per turn, the median of several turns.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from agentls.engine.engine import Engine
from agentls.engine.world import World
from agentls.protocol.provider_requests import ProviderSetParams
from agentls.protocol.task_requests import TaskStartParams, TurnStartParams
from agentls.world.buffers import NoBuffers
from agentls.world.clock import SystemClock
from agentls.world.http import HttpClient
from agentls.world.ids import RandomIds
from agentls.world.journal import Journal
from tests.support.recorder import Recorder

MESSAGES = (4, 100, 500, 1000, 2000)
SAMPLES = 15
PROMPT = "Look at the next file and tell me in a few words what it does, please. " * 8


async def turns(folder: Path, base_url: str) -> None:
    (folder / "work").mkdir()
    recorder = Recorder()
    journal = Journal.open(folder / "data")
    world = World(SystemClock(), RandomIds(), journal, HttpClient(), folder / "data", {}, lambda: 0.5)
    engine = Engine(world, recorder)
    engine.open(roots=[(folder / "work").resolve()], trusted=True, buffers=NoBuffers(), configuration={})
    provider = {"id": "p", "name": "P", "baseUrl": base_url, "modelId": "bench"}
    await engine.provider_set(ProviderSetParams.model_validate({"provider": provider}))

    answer = await engine.task_start(TaskStartParams(prompt=PROMPT))
    task_id = answer.result.task_id

    async def finish(then: object) -> None:
        assert callable(then)
        recorder.frames.clear()
        then()
        await recorder.wait_method("agent/turn/completed")
        live = engine._tasks.live(task_id)
        assert live is not None
        await live.ended()

    async def one() -> float:
        begun_s = time.process_time()
        again = await engine.turn_start(TurnStartParams(task_id=task_id, prompt=PROMPT))
        await finish(again.then)
        return time.process_time() - begun_s

    await finish(answer.then)
    base: float | None = None
    done = 2
    print(f"{'messages':>8} {'CPU ms/turn':>12} {'x of 4':>7} {'body KB':>8}")
    for wanted in MESSAGES:
        while done < wanted:
            await one()
            done += 2
        samples = [await one() for _ in range(SAMPLES)]
        done += 2 * SAMPLES
        cost_ms = statistics.median(samples) * 1000
        base = base or cost_ms
        live = engine._tasks.live(task_id)
        assert live is not None
        dialect = live.view._dialect
        assert dialect is not None
        size = sum(map(len, live.view.messages(live.ledger.state.items, dialect)))
        print(f"{wanted:8} {cost_ms:12.2f} {cost_ms / base:7.2f} {size / 1024:8.0f}")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    state = (await engine._tasks.stored(task_id)).state
    await asyncio.to_thread(int)  # a worker thread keeps its last result, here the journal's rows, until its next job
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    mib, ratio = used / 2**20, used / size
    print(
        f"the state of {len(state.items)} items: {mib:.1f} MiB, {ratio:.1f}x its encoded size of {size / 2**20:.1f} MiB"
    )
    await engine.aclose()


def main() -> None:
    server = subprocess.Popen([sys.executable, str(HERE / "provider.py"), "0", "S0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(turns(Path(folder), f"http://127.0.0.1:{port}/v1"))
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
