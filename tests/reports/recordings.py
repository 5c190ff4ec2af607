"""Recordings passed of all, errors classified of all, per provider: `python -m tests.reports.recordings`.

Exit code 0 when all pass, 1 when something differs, 2 where the recordings are not at hand.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable

from tests.unit.chat.recordings import error_verdict, errors, find_recordings, public, verdict

WIDTH = 100
HEAD = f"{'provider':24} {'streams passed':>16} {'errors classified':>19}"


def row(name: str, streams: tuple[int, int], bodies: tuple[int, int]) -> str:
    """One line of the table; each pair is passed and all."""
    shown = [f"{passed} / {all_}" if all_ else "-" for passed, all_ in (streams, bodies)]
    return f"{name[:24]:24} {shown[0]:>16} {shown[1]:>19}"


def wrapped(name: str, differences: Iterable[str]) -> list[str]:
    """A failure by name, and what differs, within the width."""
    lines = [f"FAILED {name}"[:WIDTH]]
    for difference in differences:
        text = " ".join(difference.split())[: 4 * (WIDTH - 4)]
        lines += [f"    {text[at : at + WIDTH - 4]}" for at in range(0, len(text), WIDTH - 4)]
    return lines


def main() -> int:
    """Print the table and every failure."""
    folder = find_recordings()
    if folder is None:
        print("The recorded streams are not at hand. Name their folder in AGENTLS_STREAMS.")
        return 2
    streams: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    named: Counter[str] = Counter()
    failures: list[str] = []
    for recording in public(folder):
        provider = recording.facts["provider"].split("/")[0]
        found = verdict(recording)
        streams[provider] += 1
        passed[provider] += not found
        failures += wrapped(recording.name, found) if found else []
    for path in errors(folder):
        provider = json.loads(path.read_text(encoding="utf-8"))["provider"].split("/")[0]
        found = error_verdict(path)
        bodies[provider] += 1
        named[provider] += not found
        failures += wrapped(path.stem, found) if found else []
    print(HEAD)
    print("-" * len(HEAD))
    for provider in sorted({*streams, *bodies}):
        print(row(provider, (passed[provider], streams[provider]), (named[provider], bodies[provider])))
    print("-" * len(HEAD))
    print(row("all", (passed.total(), streams.total()), (named.total(), bodies.total())))
    print("\n".join(["", *failures, f"{len([line for line in failures if line.startswith('FAILED')])} failed"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
