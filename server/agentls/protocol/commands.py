"""The commands a plain editor sees (`workspace/executeCommand`), and the rule for the others.

Knows names and meaning, not who runs them. Invariant: `agent/provider/setKey` is never a command: editors
keep commands in histories and logs.
"""

from collections.abc import Mapping

ADVERTISED: Mapping[str, str] = {
    "agent.ask": "Begin a task; the first argument is the prompt.",
    "agent.steer": "Say something to the running task.",
    "agent.stop": "Stop the running turn.",
    "agent.approve": "Allow what waits for an approval.",
    "agent.deny": "Deny what waits for an approval.",
    "agent.check": "Try out the active provider, or the one whose id is the first argument.",
}
NEVER_A_COMMAND = frozenset({"agent/provider/setKey"})


def is_method_command(command: str, methods: Mapping[str, object]) -> bool:
    """Whether `command` is a request method that is accepted as a command of its own name."""
    return command in methods and command not in NEVER_A_COMMAND
