"""A provider for benchmarks: answers are encoded beforehand, so that it costs next to nothing while it streams.

`python tests/benchmarks/provider.py PORT SCENARIO`; GET /log gives the times of requests and of last bytes (seconds of
the monotonic clock, the same for all processes of a machine). The step is told by the conversation itself.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
READS = 20
WRITE_BYTES = 200_000
PACE = 25
PACED_CHUNKS = 100


def chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    body = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1_750_000_000,
        "model": "bench",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
    }
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def framed(events: list[bytes]) -> bytes:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    events.append(b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n")
    events.append(b"data: [DONE]\n\n")
    return HEAD + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"


def text(count: int) -> bytes:
    words = [f"word{number % 97} " if number % 12 else f"line{number}\n" for number in range(count)]
    return framed(
        [chunk({"role": "assistant", "content": ""}), *[chunk({"content": w}) for w in words], chunk({}, "stop")]
    )


def calls(made: list[tuple[str, dict[str, object]]], piece: int) -> bytes:
    events = [chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(made):
        head = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        events.append(chunk({"tool_calls": [head]}))
        raw = json.dumps(arguments)
        for start in range(0, len(raw), piece):
            part = {"index": index, "function": {"arguments": raw[start : start + piece]}}
            events.append(chunk({"tool_calls": [part]}))
    events.append(chunk({}, "tool_calls"))
    return framed(events)


def big_text(size: int) -> str:
    line = 'def fn_{0:05d}(a, b="x\\t{0}"):  # "quoted"\n    return [a, b, {0}]\n'
    return "".join(line.format(number) for number in range(size // 50))[:size]


def steps(scenario: str) -> list[bytes]:
    """The answers in order; the last one is given for ever."""
    done = text(3)
    read = [("read_file", {"path": f"src_{number:02d}.py"}) for number in range(READS)]
    match scenario:
        case "S0":
            return [done]
        case "S1":
            return [text(200)]
        case "S2":
            return [*[calls([each], 8) for each in read], done]
        case "S3":
            return [calls([("write_to_file", {"path": "big.py", "content": big_text(WRITE_BYTES)})], 4), done]
        case "S4":
            return [calls(read[:8], 8), done]
        case "paced":
            return []
        case "S5":
            return [text(20_000)]
        case _:
            raise SystemExit(f"unknown scenario {scenario}")


def serve(listener: socket.socket, answers: list[bytes]) -> None:
    log: list[tuple[str, float]] = []
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_converse, args=(connection, answers, log), daemon=True).start()


def _converse(connection: socket.socket, answers: list[bytes], log: list[tuple[str, float]]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            arrived = time.monotonic()
            head, data = data.split(b"\r\n\r\n", 1)
            if head.startswith(b"GET /log"):
                body = json.dumps(log).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
                continue
            if head.startswith(b"GET "):  # no list of models
                connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                continue
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while len(data) < length:
                data += connection.recv(1 << 20)
            body, data = data[:length], data[length:]
            log.append(("request", arrived))
            turn = body.count(b'"role":"assistant"')
            if not answers:
                _pace(connection)
                continue
            view = memoryview(answers[min(turn, len(answers) - 1)])
            for start in range(0, len(view), 65536):
                connection.sendall(view[start : start + 65536])
            log.append(("last byte", time.monotonic()))


def _pace(connection: socket.socket) -> None:
    """A text at a pace at which no deltas are merged; each piece says when it was sent (ns, monotonic)."""
    connection.sendall(HEAD)
    due = time.monotonic()
    for _ in range(PACED_CHUNKS):
        due += 1 / PACE
        time.sleep(max(0.0, due - time.monotonic()))
        event = chunk({"content": f"t={time.monotonic_ns()};"})
        connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
    end = framed([chunk({}, "stop")])[len(HEAD) :]
    connection.sendall(end)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    answers = steps(sys.argv[2])
    print(listener.getsockname()[1], flush=True)
    serve(listener, answers)


if __name__ == "__main__":
    main()
