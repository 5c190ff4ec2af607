"""Keys that a profile names by an environment variable."""

import pytest

from agentls.engine.providers import Providers
from agentls.protocol.provider import Provider

UNUSABLE = "RIVER_KEY holds what cannot be a key where the server runs: no key is sent."
NAMED = Provider(id="p", name="P", base_url="http://127.0.0.1:9/v1", model_id="m", api_key_env="RIVER_KEY")


@pytest.mark.parametrize(
    ("environment", "key", "warnings"),
    [
        ({"RIVER_KEY": "sk-river-0123456789"}, "sk-river-0123456789", []),
        ({"RIVER_KEY": "sk-river-0123456789\n"}, "sk-river-0123456789", []),
        ({}, None, ["RIVER_KEY is not set where the server runs: no key is sent."]),
        (
            {"RIVER_KEY": "sk-a\nsk-b"},
            None,
            [UNUSABLE],
        ),
        ({"RIVER_KEY": "kéy"}, None, [UNUSABLE]),
        (
            {"RIVER_KEY": "k" * 10240},
            None,
            [UNUSABLE],
        ),
    ],
    ids=["good", "with a line end", "not set", "two lines", "not ASCII", "10 KiB"],
)
def test_a_variable_that_holds_no_key_is_told_when_it_is_named_and_never_sent(
    environment: dict[str, str], key: str | None, warnings: list[str]
) -> None:
    providers = Providers(environment)
    view, told = providers.set(NAMED)

    assert (providers.key("p"), view.api_key_set, told) == (key, key is not None, warnings)
