"""The images of one task, as its tools keep them and its model is shown them.

Knows no request. Invariant: an image goes to a model only where the provider of the turn is known to take images;
the user is told once per model that it does not.
"""

from __future__ import annotations

from collections.abc import Callable

from agentls.chat.message import ImagePart
from agentls.conversation.state import TaskState
from agentls.conversation.view import image_refs, not_shown
from agentls.engine.providers import Providers
from agentls.protocol import events as e
from agentls.world.images import TASK_LIMIT_BYTES, ImageUnknown, KeptImages

ADVICE = (
    "If the model does take images, turn on imageSupport in its model configuration; else choose a model that does."
)


class TaskImages:
    def __init__(self, kept: KeptImages, providers: Providers, state: Callable[[], TaskState]) -> None:
        """`state`: the task as it is now; the provider of its latest turn answers."""
        self.kept = kept
        self._providers = providers
        self._state = state
        self._told: set[str] = set()
        self._taken_bytes: dict[str, int] = {}
        """What calls took whose results are not recorded yet: several may run side by side."""

    @property
    def are_taken(self) -> bool:
        """Whether the model that answers now takes images."""
        provider_id = self._state().provider_id
        if provider_id is None or not self._providers.has(provider_id):
            return False
        return self._providers.view(provider_id).effective.image_support

    @property
    def room_bytes(self) -> int:
        """How much more of images the conversation holds; one that comes twice counts twice, as it is sent twice."""
        state = self._state()
        held = sum(self.kept.size_bytes(ref) for item in (*state.items, *state.queue) for ref in image_refs(item))
        self._taken_bytes = {
            call_id: size
            for call_id, size in self._taken_bytes.items()
            if (call := state.call(call_id)) is not None and call.result is None
        }
        return max(0, TASK_LIMIT_BYTES - held - sum(self._taken_bytes.values()))

    def take_room(self, call_id: str, size_bytes: int) -> bool:
        """Whether the result of this call may hold an image of that size, whose room is then taken."""
        has_room = size_bytes <= self.room_bytes
        if has_room:
            self._taken_bytes[call_id] = size_bytes
        return has_room

    def show(self, ref: str, mime_type: str) -> ImagePart | str:
        """The image as it is sent now, or in words why it is not. Reads the disk: to be encoded once."""
        if not self.are_taken:
            return not_shown(ref, mime_type)
        try:
            return ImagePart(mime_type, self.kept.base64(ref))
        except ImageUnknown:
            return "not sent: its file is gone"

    def notices(self) -> list[e.Notice]:
        """What the user must know before the conversation is sent: that the model takes none of its images."""
        state = self._state()
        provider_id = state.provider_id
        if self.are_taken or not self._providers.has(provider_id) or not any(map(image_refs, state.items)):
            return []
        model_id = self._providers.get(provider_id).model_id
        if model_id in self._told:
            return []
        self._told.add(model_id)
        message = f"{model_id} takes no images: those of this task are left out of what it is sent."
        return [e.Notice(level="warning", code="images.notSent", message=message, advice=ADVICE)]
