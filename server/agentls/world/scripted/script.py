"""A script: the replies of an endpoint in the order of the requests for completions.

Must not know HTTP. Every request takes exactly one step; the same script and the same order of
requests give the same bytes.
"""

from collections.abc import Callable, Iterable

from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import Calls, HttpError, NoHeaders, Raw, Reply, Text, Unframed

ScriptStep = Reply | Callable[[RecordedRequest], Reply]
"""A reply, or what makes one from the request."""

_EXHAUSTED = HttpError(
    500,
    {
        "error": {
            "message": "The script has no further reply.",
            "type": "server_error",
            "param": None,
            "code": "script_exhausted",
        }
    },
)


class Script:
    """Replies in order; `then` answers every request after the last of them."""

    def __init__(
        self, steps: Iterable[ScriptStep] = (), *, then: ScriptStep | None = None, pace: float | None = None
    ) -> None:
        self._steps = list(steps)
        self._then = then
        self._next = 0
        self.pace = pace
        """Chunks a second for replies that name no pace of their own; None is flat out."""

    def add(self, *steps: ScriptStep) -> None:
        """Append steps, also while the endpoint is serving."""
        self._steps.extend(steps)

    def skip_rest(self) -> None:
        """Go on with `then`, as if every step had been taken."""
        self._next = len(self._steps)

    @property
    def remaining(self) -> int:
        """How many steps no request has taken yet."""
        return len(self._steps) - self._next

    def take(self, request: RecordedRequest) -> Reply:
        """Return the reply to the next request; a 500 `script_exhausted` when there is none."""
        step: ScriptStep
        if self._next < len(self._steps):
            step = self._steps[self._next]
            self._next += 1
        else:
            step = self._then or _EXHAUSTED
        if isinstance(step, Text | Calls | HttpError | Raw | Unframed | NoHeaders):
            return step
        return step(request)
