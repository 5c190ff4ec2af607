"""Plain JSON params → the model of the method, or the one error that names the field.

Knows models, not methods. Invariant: total; any JSON gives a model or `InvalidParams`, never another error.
"""

from typing import TypeVar

from pydantic import ValidationError

from agentls.protocol.errors import InvalidParams, invalid_params
from agentls.protocol.wire import Wire

W = TypeVar("W", bound=Wire)


def read_params(model: type[W], params: object) -> W:
    """The params of a request as `model`; absent params count as an empty object.

    Only wire spelling counts: `base_url` is an unknown field, though code may construct models with it.
    Raises InvalidParams.
    """
    try:
        return model.model_validate({} if params is None else params, by_alias=True, by_name=False)
    except ValidationError as error:
        # `from None`: the pydantic error holds the input, and with it perhaps a key.
        raise invalid_params(error) from None
    except RecursionError:
        raise InvalidParams("params is nested too deeply", "") from None
