"""What the check says to the model: a tool of its own, prompts that cost little, and results for its calls.

Data only. Invariant: no prompt, tool or result holds anything of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SYSTEM: Final = "This tests a connection. Do exactly what is asked, and add nothing."
COUNT: Final = "Write the numbers from one to ten as words, with a space between them."
TOOL: Final = "record_reading"
REQUIRED: Final = ("station", "note")
TOOL_DEFINITION: Final[Mapping[str, object]] = {
    "type": "function",
    "function": {
        "name": TOOL,
        "description": "Record what was read at one station of a river. Returns a receipt with a code.",
        "parameters": {
            "type": "object",
            "properties": {
                "station": {"type": "string", "description": "The station's name."},
                "note": {"type": "string", "description": "What was seen there, in one sentence."},
                "level_cm": {"type": "integer", "nullable": True, "description": "The water level, where it is known."},
            },
            "required": [*REQUIRED],
        },
    },
}
_NORTH: Final = f'{TOOL} with station "north" and note "The river is low and clear this morning."'
_SOUTH: Final = f'{TOOL} with station "south" and note "The river is high and brown after the rain."'
TWO_CALLS: Final = (
    f"Make these two tool calls, both together in this one answer: (1) {_NORTH} (2) {_SOUTH}"
    " After you have their results, answer with the two codes."
)
ONE_CALL: Final = f"Call {_NORTH} After you have the result, answer with its code."
RESULT: Final = '{{"saved": true, "code": "{code}"}}'
CODES: Final = ("N417", "S982")
COLOUR: Final = "red"
LOOK: Final = "What colour is this picture? Answer with one word."
OUTPUT_TOKENS: Final = 1024
"""The most that one answer may cost. A model that does not think needs 50."""
THINKING_TOKENS: Final = 4096
"""The same for a model that was seen to think for longer than that."""
