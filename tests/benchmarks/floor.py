"""The least an agent can be: httpx, a split of lines, msgspec, a read and a write. No product code, for comparison."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import msgspec


async def main(url: str) -> None:
    messages: list[dict[str, object]] = [{"role": "user", "content": "Go"}]
    decode = msgspec.json.decode
    async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
        while True:
            calls: dict[int, dict[str, object]] = {}
            texts: list[str] = []
            body = {"model": "bench", "stream": True, "messages": messages}
            async with client.stream("POST", f"{url}/chat/completions", content=msgspec.json.encode(body)) as response:
                rest = b""
                async for data in response.aiter_raw():
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        if not line.startswith(b"data: {"):
                            continue
                        for choice in decode(line[6:])["choices"]:
                            delta = choice["delta"]
                            if delta.get("content"):
                                texts.append(delta["content"])
                            for part in delta.get("tool_calls", ()):
                                call = calls.setdefault(part["index"], {"name": "", "pieces": []})
                                call["name"] = call["name"] or part["function"].get("name", "")
                                call["pieces"].append(part["function"]["arguments"])  # type: ignore[attr-defined]
            if not calls:
                break
            made = []
            results: list[dict[str, object]] = []
            for index, call in calls.items():
                raw = "".join(call["pieces"])  # type: ignore[arg-type]
                arguments = decode(raw)
                path = Path(arguments["path"])
                if call["name"] == "write_to_file":
                    path.write_text(arguments["content"])
                    content = "ok"
                else:
                    content = path.read_text()
                function = {"name": call["name"], "arguments": raw}
                made.append({"id": f"call_{index}", "type": "function", "function": function})
                results.append({"role": "tool", "tool_call_id": f"call_{index}", "content": content})
            messages.append({"role": "assistant", "content": "".join(texts) or None, "tool_calls": made})
            messages.extend(results)


asyncio.run(main(sys.argv[1]))
