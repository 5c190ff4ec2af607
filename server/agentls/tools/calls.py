"""The spelling of a tool call inside a text for the model: `read_file {"path": "a.py"}`.

It must not know which tools there are. Pure.
Invariant: what stands after the name is the exact JSON of the arguments.
"""

from __future__ import annotations

import json


def call_text(name: str, **arguments: object) -> str:
    """The call as the model can repeat it; arguments that are None are left out."""
    given = {key: value for key, value in arguments.items() if value is not None}
    return f"{name} {json.dumps(given, ensure_ascii=False)}"
