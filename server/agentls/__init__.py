"""agentls: a coding agent that any LSP editor can host."""

from typing import Final

__version__: Final = "0.1.0"
