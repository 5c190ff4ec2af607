"""Writes the frozen list of the protocol's version, after something was added: `python -m tests.contract.freeze`."""

from __future__ import annotations

import json

from tests.contract.test_registry import FROZEN, current

if __name__ == "__main__":
    FROZEN.parent.mkdir(parents=True, exist_ok=True)
    FROZEN.write_text(json.dumps(current(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {FROZEN}")
