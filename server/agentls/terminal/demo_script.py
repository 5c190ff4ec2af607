"""What the scripted endpoint says in the demo: one reply per request, at a human pace.

It is no model: it knows the demo project by heart. Invariant: the last reply says that the tests pass only
when the command's output in the conversation says so.
"""

from __future__ import annotations

import shutil

from agentls.world.scripted import Call, Calls, RecordedRequest, Reply, Script, Text, Tokens

CHUNKS_PER_SECOND = 28.0
PROMPT = "The tests of this project fail. Find out why, repair it, and run the tests."
PRICES = {"contextWindow": 32_000, "inputPrice": 0.5, "outputPrice": 2.0, "cacheReadPrice": 0.05}
"""Made up, like the token counts, so that the timeline has a cost to show."""
MAX_LINES = 20
"""`read.maxLines` of the demo: small, so that a truncated read can be seen."""


def demo_script(pace: float) -> Script:
    """The demo's script; `pace` 1 is a human's reading speed, 2 twice as fast, 0 as fast as it goes."""
    return Script(
        [_look_around(), _read(), _edit(), _test(), _report],
        pace=CHUNKS_PER_SECOND * pace if pace > 0 else None,
    )


def _look_around() -> Reply:
    return Calls(
        text="I will look at what is here first.",
        calls=[Call("list_files", {"path": ".", "recursive": True})],
        usage=Tokens(input=1_482, output=31),
    )


def _read() -> Reply:
    return Calls(
        text="The rules are in the README and the tests; the arithmetic is in `shop/basket.py`.",
        calls=[
            Call("read_file", {"path": "tests/test_basket.py"}),
            Call("read_file", {"path": "shop/basket.py", "start_line": 21, "end_line": 39}),
        ],
        usage=Tokens(input=1_604, output=72, cached=1_408),
    )


def _edit() -> Reply:
    return Calls(
        reasoning="An order of exactly 100.00 must get the discount, but the code asks for more than that.",
        text="The discount starts at 100.00, but `discount` only starts above it. That is one character.",
        calls=[
            Call(
                "edit_file",
                {
                    "path": "shop/basket.py",
                    "old_string": "        if self.goods() > DISCOUNT_FROM:\n",
                    "new_string": "        if self.goods() >= DISCOUNT_FROM:\n",
                },
            )
        ],
        usage=Tokens(input=2_391, output=118, cached=1_536, reasoning=24),
    )


def _test() -> Reply:
    return Calls(
        text="Now the tests.",
        calls=[Call("execute_command", {"command": f"{python_command()} -m unittest"})],
        usage=Tokens(input=2_655, output=34, cached=2_304),
    )


def _report(request: RecordedRequest) -> Reply:
    usage = Tokens(input=2_790, output=58, cached=2_560)
    last = request.messages[-1].get("content") if request.messages else None
    output = last if isinstance(last, str) else ""
    if "OK" not in output.split() or "FAILED" in output:
        return Text(text="The command did not show passing tests, so I cannot call this repaired.", usage=usage)
    return Text(
        text=(
            "Repaired: an order of exactly 100.00 now gets its 10 % off, as the README says"
            " (`>=` in place of `>` in `shop/basket.py`). The project's tests pass."
        ),
        usage=usage,
    )


def python_command() -> str:
    """How a shell of this machine calls Python."""
    return "python3" if shutil.which("python3") else "python"
