"""Step `images`: does the model see a picture, where it is said to?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agentls.engine.check.outcome import Refused
from agentls.engine.check.sample import COLOUR
from agentls.engine.check.verdict import Verdict, fail, ok, skipped, unanswered, warn

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes
    from agentls.protocol.provider import ValueSource

_OFF: Final = (
    "If the model takes no images, turn image support off in the settings (imageSupport), so that none is sent."
)
_WHY_OFF: Final[Mapping[ValueSource, str]] = {
    "set": "Image support is off in the settings: no image is ever sent.",
    "discovered": "The server says that this model takes no images: none is ever sent.",
    "default": "Image support is not switched on in the settings: no image is ever sent.",
}


async def judge(probes: Probes) -> Verdict:
    """What the model says of a plain red square."""
    await probes.facts()
    if not probes.effective.image_support:
        return skipped(_WHY_OFF[probes.effective.sources.get("imageSupport", "default")])
    if not probes.dialect.send_images:
        return fail("The server refused images before, so they are left out, with a word in their place.", _OFF)
    outcome = await probes.picture()
    if isinstance(outcome, Refused):
        return unanswered(outcome.failure, "A small picture was refused: ", advice=_OFF)
    if not probes.dialect.send_images:
        return fail("A small picture was refused; images are left out from now on, with a word in their place.", _OFF)
    said = " ".join(outcome.answer.text.split())[:80]
    if COLOUR in said.lower():
        return ok(f"A {COLOUR} picture was seen as {COLOUR}.")
    if outcome.answer.is_empty:
        return warn("A small picture was accepted, and nothing was said of it.", _OFF)
    return warn(f"A {COLOUR} picture was accepted, and answered with “{said}”.", f"It may not be looked at. {_OFF}")
