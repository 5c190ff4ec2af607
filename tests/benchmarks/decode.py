"""Decode alone, as ratios in one run: `python tests/benchmarks/decode.py`.

Compares our way from bytes to events with a bare split plus msgspec decode of the same bytes, and our argument
machine with re-parsing the text at each delta. CPU time, best of several rounds, no I/O.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "server"))

from agentls.chat.arguments import ArgumentFields
from agentls.chat.stream import ChatStream

CHUNKS = 3000
READ_BYTES = 16 * 1024
ROUNDS = 9
EVERY = 16
HEAD = {
    "id": "chatcmpl-5f6e7d8c9b0a1f2e3d4c5b6a79887766",
    "object": "chat.completion.chunk",
    "created": 1790000000,
    "model": "provider/some-model-20b",
    "system_fingerprint": "fp_0123456789",
}


class Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct, gc=False):
    index: int = 0
    id: str | None = None
    function: Function | None = None


class Delta(msgspec.Struct, gc=False):
    content: str | None = None
    role: str | None = None
    tool_calls: list[ToolCall] | None = None
    reasoning_content: str | None = None


class Choice(msgspec.Struct, gc=False):
    delta: Delta
    index: int = 0
    finish_reason: str | None = None


class Usage(msgspec.Struct, gc=False):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chunk(msgspec.Struct, gc=False):
    choices: list[Choice]
    usage: Usage | None = None


def frame(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: " + json.dumps({**HEAD, "choices": [choice], "usage": None}).encode() + b"\n\n"


def text_frames() -> list[bytes]:
    frames = [frame({"role": "assistant", "content": ""})]
    frames += [frame({"content": f" word{number % 97}"}) for number in range(CHUNKS)]
    return [*frames, frame({}, "stop"), b"data: [DONE]\n\n"]


def tool_frames() -> list[bytes]:
    text = json.dumps({"path": "src/app.py", "content": "line of text\n" * CHUNKS})[: 4 * CHUNKS - 2] + '"}'
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "write_to_file", "arguments": ""}}
    frames = [frame({"tool_calls": [first]})]
    for at in range(0, len(text), 4):
        frames.append(frame({"tool_calls": [{"index": 0, "function": {"arguments": text[at : at + 4]}}]}))
    return [*frames, frame({}, "tool_calls"), b"data: [DONE]\n\n"]


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU seconds of the fastest round."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def both(one: Callable[[], object], other: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """CPU seconds of the fastest round of each, taken in turn so that a busy machine hurts both alike."""
    times = [(best(one, 1), best(other, 1)) for _ in range(rounds)]
    return min(first for first, _ in times), min(second for _, second in times)


def reads(frames: list[bytes], size: int | None) -> list[bytes]:
    """The bytes as a socket gives them: one event a read, or reads of `size`."""
    if size is None:
        return frames
    body = b"".join(frames)
    return [body[at : at + size] for at in range(0, len(body), size)]


def bare(pieces: list[bytes]) -> int:
    decode = msgspec.json.Decoder(Chunk).decode
    tail = b""
    said = 0
    for piece in pieces:
        *blocks, tail = (tail + piece).split(b"\n\n")
        for block in blocks:
            if block.startswith(b"data: "):
                data = block[6:]
                if data != b"[DONE]":
                    choices = decode(data).choices
                    if choices:
                        delta = choices[0].delta
                        if delta.content:
                            said += len(delta.content)
                        elif delta.tool_calls and (function := delta.tool_calls[0].function) and function.arguments:
                            said += len(function.arguments)
    return said


def ours(pieces: list[bytes]) -> int:
    stream = ChatStream()
    events = 0
    for piece in pieces:
        events += len(stream.feed(piece))
    return events + len(stream.close())


def openai_parse(frames: list[bytes]) -> Callable[[], object] | None:
    """What the openai package does with each event once it has the line: decode, then build its models."""
    try:
        from openai._models import construct_type
        from openai.types.chat import ChatCompletionChunk
    except ImportError:
        return None
    datas = [one[6:].strip() for one in frames if b"[DONE]" not in one]
    return lambda: [construct_type(type_=ChatCompletionChunk, value=json.loads(data)) for data in datas]


def arguments_of(kilobytes: int) -> str:
    return json.dumps({"path": "src/app.py", "content": 'say("hello")\n' * (kilobytes * 72)})[: kilobytes * 1024]


def ours_arguments(text: str) -> None:
    machine = ArgumentFields()
    for at in range(0, len(text), 4):
        machine.feed(text[at : at + 4])


def reparse(text: str, parse: Callable[[str], object], every: int) -> None:
    """Re-parse the text so far at every `every`-th delta, evenly over its length."""
    for at in range(4, len(text) + 4, 4 * every):
        parse(text[:at])


def partial_parsers() -> dict[str, Callable[[str], object]]:
    parsers: dict[str, Callable[[str], object]] = {}
    try:
        import jiter

        parsers["jiter"] = lambda text: jiter.from_json(text.encode(), partial_mode="trailing-strings")
    except ImportError:
        print("jiter: not installed")
    from pydantic_core import from_json

    parsers["pydantic_core"] = lambda text: from_json(text, allow_partial="trailing-strings")
    return parsers


def main() -> int:
    missed = 0
    print(f"{'decode of ' + str(CHUNKS) + ' chunks':44} {'bare us':>8} {'ours us':>8} {'ratio':>6}  target")
    for name, frames in (("text", text_frames()), ("tool arguments", tool_frames())):
        for size in (None, READ_BYTES):
            pieces = reads(frames, size)
            base, mine = both(lambda p=pieces: bare(p), lambda p=pieces: ours(p))
            label = f"{name}, {'one event a read' if size is None else f'reads of {size} bytes'}"
            ratio = mine / base
            missed += ratio > 2.5
            each = 1e6 / len(frames)
            print(f"{label:44} {base * each:8.2f} {mine * each:8.2f} {ratio:6.2f}  <= 2.5")
        theirs = openai_parse(frames)
        if theirs is None:
            print(f"{name + ', openai package parsing':44} not installed")
        else:
            taken = best(theirs, 3)
            mine = best(lambda p=frames: ours(p))
            print(f"{name + ', openai package parsing / ours':44} {taken / mine:17.1f}x")
    print()
    texts = {kilobytes: arguments_of(kilobytes) for kilobytes in (10, 50, 200)}
    rounds = [{size: best(lambda t=text: ours_arguments(t), 1) for size, text in texts.items()} for _ in range(ROUNDS)]
    per_byte = {size: min(taken[size] for taken in rounds) / len(text) for size, text in texts.items()}
    for kilobytes in texts:
        delta_us = per_byte[kilobytes] * 4e6
        print(f"arguments {kilobytes:>3} KB in 4-byte deltas: {delta_us:6.2f} us a delta")
    growth = per_byte[200] / per_byte[10]
    missed += growth > 1.3
    print(f"200 KB against 10 KB, per byte: {growth:.2f}  target <= 1.3")
    text = arguments_of(50)
    mine = best(lambda: ours_arguments(text), 5)
    for name, parse in partial_parsers().items():
        taken = best(lambda p=parse: reparse(text, p, EVERY), 2) * EVERY
        missed += taken / mine < 20
        print(f"re-parsing 50 KB at each delta with {name} / ours: {taken / mine:.0f}x  target >= 20")
    print("\nall targets met" if not missed else f"\n{missed} target(s) missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
