"""What the model is told of a call that cannot be run as it was written. Pure."""

from __future__ import annotations

from agentls.chat.events import CallMalformed


def holds_secret(name: str) -> str:
    """Why a call whose arguments hold a key or a password that agentls was given is not run."""
    return (
        f"Not run: the arguments of {name} hold a key or password that agentls uses for a provider, shown as"
        " [redacted]. It is never passed to a tool. Use a placeholder, and let the user put the secret in its place."
    )


def what_is_wrong(name: str, malformed: CallMalformed, *, at_limit: bool) -> str:
    """Where the text goes wrong and what to do. `at_limit`: the whole answer was cut at its output limit."""
    if not name:
        return "Not run: the call names no tool. Send it again with the name of one of the tools."
    if malformed.incomplete and at_limit:
        why = (
            "the answer reached its output limit before the arguments were complete. "
            "Do it in smaller steps: shorter content, or several calls."
        )
    elif malformed.incomplete:
        why = "the arguments stop before the object is complete."
    else:
        why = f"{malformed.error} at character {malformed.position}."
    near = malformed.raw[max(0, malformed.position - 40) : malformed.position + 40]
    text = f"Not run: the arguments of {name} are not a valid JSON object: {why}"
    if near and not malformed.incomplete:
        text += f" Near: {near!r}."
    text += " Send the call again with valid JSON."
    return text
