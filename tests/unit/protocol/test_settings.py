"""Defaults of the settings, and how a part of them is merged."""

import pytest

from agentls.protocol.errors import InvalidParams
from agentls.protocol.provider_requests import SettingsSetParams
from agentls.protocol.reading import read_params
from agentls.protocol.settings import Settings, SettingsPatch, merge_settings


def merged(*patches: dict[str, object]) -> dict[str, object]:
    """The whole settings on the wire after these patches, each read as a client's."""
    settings = Settings()
    for patch in patches:
        settings = merge_settings(settings, read_params(SettingsSetParams, {"settings": patch}).settings)
    return settings.model_dump(by_alias=True, exclude_none=True)


DEFAULTS: dict[str, dict[str, object]] = {
    "approval": {"mode": "ask", "allowCommands": [], "denyCommands": [], "timeoutS": 600},
    "retry": {"maxAttempts": 4, "maxWaitS": 120},
    "limits": {"requestsPerTurn": 100, "repeatedCalls": 3, "malformedCalls": 3},
    "read": {"maxLines": 2000, "maxLineLength": 2000},
    "command": {"timeoutS": 120, "outputBytes": 30000, "sandbox": "auto", "network": False},
    "context": {"condenseAt": 0.85},
    "tools": {"disabled": []},
}


def test_the_defaults_are_those_of_the_design() -> None:
    assert merged() == DEFAULTS


def test_a_part_changes_only_what_it_names() -> None:
    first: dict[str, object] = {"approval": {"mode": "acceptEdits", "allowCommands": ["git status"]}}
    second: dict[str, object] = {"approval": {"allowCommands": ["pytest"]}, "limits": {"costPerTask": 2}}
    assert merged(first, second) == {
        **DEFAULTS,
        "approval": {**DEFAULTS["approval"], "mode": "acceptEdits", "allowCommands": ["pytest"]},
        "limits": {**DEFAULTS["limits"], "costPerTask": 2},
    }


def test_a_default_that_is_named_is_set_again() -> None:
    assert merged({"approval": {"mode": "full"}}, {"approval": {"mode": "ask"}}) == DEFAULTS


def test_null_changes_nothing() -> None:
    first: dict[str, object] = {"retry": {"maxAttempts": 2}}
    assert merged(first, {"retry": {"maxAttempts": None}, "read": None}) == merged(first)


def test_no_cost_limit_is_set_by_zero() -> None:
    assert merged({"limits": {"costPerTask": 5}}, {"limits": {"costPerTask": 0}}) == DEFAULTS


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"aproval": {}}, "settings.aproval"),
        ({"approval": {"modus": "ask"}}, "settings.approval.modus"),
        ({"approval": {"allow_commands": []}}, "settings.approval.allow_commands"),
        ({"approval": {"mode": "yolo"}}, "settings.approval.mode"),
        ({"approval": {"allowCommands": ["git", ""]}}, "settings.approval.allowCommands[1]"),
        ({"approval": []}, "settings.approval"),
        ({"command": {"timeoutS": 0}}, "settings.command.timeoutS"),
        ({"command": {"timeoutS": "120"}}, "settings.command.timeoutS"),
        ({"command": {"network": 1}}, "settings.command.network"),
        ({"limits": {"requestsPerTurn": -1}}, "settings.limits.requestsPerTurn"),
        ({"limits": {"costPerTask": float("nan")}}, "settings.limits.costPerTask"),
        ({"context": {"condenseAt": 1.5}}, "settings.context.condenseAt"),
        ({"retry": {"maxAttempts": 10**30}}, "settings.retry.maxAttempts"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(patch: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        read_params(SettingsSetParams, {"settings": patch})
    assert refused.value.path == path


def test_every_section_can_be_patched() -> None:
    assert list(SettingsPatch.model_fields) == list(Settings.model_fields)
