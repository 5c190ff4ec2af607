"""Step `model`: does the server have the model, and does it answer?

Some servers ignore the name and answer with whatever they run (I3): the list tells which model that is.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from agentls.chat.models.model_list import find_model
from agentls.engine.check.outcome import Refused
from agentls.engine.check.probes import listed
from agentls.engine.check.verdict import Verdict, failed, learning, ok, warn

if TYPE_CHECKING:
    from agentls.chat.models.model_facts import ModelFacts
    from agentls.engine.check.probes import Probes

_NAMED: Final = 5
"""Ids of the list that are named at most."""
_SEARCHED: Final = 2000
"""Ids that are searched for a like one."""


async def judge(probes: Probes) -> Verdict:
    """Whether a small prompt is answered by the model that is set."""
    models = listed(await probes.listing())
    model_id = probes.inquiry.provider.model_id
    outcome = await probes.chat()
    if isinstance(outcome, Refused):
        advice = _alternatives(model_id, models) if outcome.failure.code == "modelNotFound" else ""
        return failed(outcome.failure, advice=advice or probes.hurry_advice(outcome.failure))
    answer = outcome.answer
    if answer.finish_reason == "content_filter":
        return failed(probes.failure("contentFilter", "The provider's content filter ended a harmless answer."))
    if answer.is_empty and not answer.cut:
        thought = "only reasoning" if answer.reasoning else "nothing"
        return failed(probes.failure("emptyResponse", f"The model answered with {thought}."))
    unlisted = _unlisted(model_id, models, is_local=probes.hint.is_local)
    if unlisted is not None:
        return unlisted
    if answer.is_empty:
        return warn(
            f"It answers, but had said nothing yet when the check cut it {answer.cut}.", probes.thinking_advice(answer)
        )
    return ok(_found(model_id, models) + learning(outcome.learned))


def _found(model_id: str, models: Sequence[ModelFacts]) -> str:
    if not models:
        return f"{model_id} answers."
    if find_model(models, model_id) is None:
        return f"{model_id} answers, though the list of {len(models):,} models does not name it."
    return f"{model_id} is in the list, and it answers."


def _unlisted(model_id: str, models: Sequence[ModelFacts], *, is_local: bool) -> Verdict | None:
    """An answer by a name that the list does not have: on a local server it is another model that runs."""
    if not models or find_model(models, model_id) is not None:
        return None
    if len(models) == 1:
        return warn(
            f"It answers to “{model_id}”, but has only the model {models[0].id}: it seems to ignore the name.",
            f"Set the model ID to {models[0].id}, so that limits and prices are those of the model that runs.",
        )
    if not is_local:
        return None
    return warn(
        f"It answers, but “{model_id}” is not among the server's {len(models):,} models: another one may be running.",
        _alternatives(model_id, models),
    )


def _alternatives(model_id: str, models: Sequence[ModelFacts]) -> str:
    """Which ids could be meant, or which there are."""
    if not models:
        return ""
    ids = [facts.id for facts in models[:_SEARCHED]]
    by_name = {each.casefold(): each for each in reversed(ids)}
    near = difflib.get_close_matches(model_id.casefold(), by_name, n=_NAMED, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(by_name[each] for each in near)}?"
    shown = ", ".join(ids[:_NAMED])
    more = f" and {len(models) - _NAMED:,} more" if len(models) > _NAMED else ""
    return f"The server lists {shown}{more}."
