"""Configuration by command line, environment and file: who wins, and what is said when it cannot be used."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agentls.terminal.run import (
    ProviderArguments,
    configure,
    explained,
    settings_with_mode,
    whole_provider,
)
from agentls.terminal.turn import TurnFailed
from agentls.world.configuration import Configuration, ConfigurationError, load_configuration, origin

Write = Callable[[str], dict[str, str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the file and return the environment that names it."""

    def written(text: str) -> dict[str, str]:
        path = tmp_path / "agentls.toml"
        path.write_text(text)
        return {"AGENTLS_CONFIG": str(path), "FILE_KEY": "key-of-file"}

    return written


FILE = """
[provider]
baseUrl = "https://file.example/v1"
modelId = "file-model"
apiKeyEnv = "FILE_KEY"
headers = {x-team = "blue"}
model = {contextWindow = 1000}
[settings.approval]
mode = "acceptEdits"
allowCommands = ["git status"]
"""


def test_nothing_is_configured_by_nothing() -> None:
    assert load_configuration({}) == Configuration({}, {}, None, {})


def test_a_file_configures_provider_settings_and_key(write: Write, tmp_path: Path) -> None:
    configuration = load_configuration(write(FILE))
    assert configuration.provider == {
        "baseUrl": "https://file.example/v1",
        "modelId": "file-model",
        "headers": {"x-team": "blue"},
        "model": {"contextWindow": 1000},
    }
    assert configuration.settings == {"approval": {"mode": "acceptEdits", "allowCommands": ["git status"]}}
    assert configuration.api_key == "key-of-file"
    assert configuration.secret_variables == ("FILE_KEY",)
    assert configuration.source_of("provider.model.contextWindow") == str(tmp_path / "agentls.toml")
    assert "key-of-file" not in repr(configuration)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(write: Write) -> None:
    environment = {**write(FILE), "AGENTLS_MODEL": "env-model", "AGENTLS_API_KEY": "key-of-env"}
    configuration = configure(ProviderArguments(model="typed-model"), environment)
    assert configuration.provider["modelId"] == "typed-model"
    assert configuration.provider["baseUrl"] == "https://file.example/v1"
    assert configuration.api_key == "key-of-env"
    assert configuration.source_of("provider.modelId") == "--model"
    assert load_configuration(environment).source_of("provider.modelId") == "AGENTLS_MODEL"


def test_a_key_does_not_follow_to_another_endpoint(write: Write) -> None:
    configuration = configure(ProviderArguments(base_url="http://other.example/v1", model="m"), write(FILE))
    assert configuration.provider == {"baseUrl": "http://other.example/v1", "modelId": "m"}
    assert configuration.api_key is None
    assert configuration.warnings == (
        "the key given for https://file.example:443 is not used: --base-url names another endpoint",
    )
    assert configuration.settings["approval"] == {"mode": "acceptEdits", "allowCommands": ["git status"]}


def test_a_key_follows_within_its_endpoint(write: Write) -> None:
    arguments = ProviderArguments(base_url="https://FILE.example:443/v2")
    assert configure(arguments, write(FILE)).api_key == "key-of-file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[provider", "not valid TOML"),
        ("[profile]", "profile: unknown; a file has [provider] and [settings] only"),
        ("provider = 3", "provider: must be a table, written [provider]"),
        ("[provider]\nbaseUrl = 3", "provider.baseUrl: must be a string"),
        ('[provider]\napiKey = "sk-1"', "provider.apiKey: a key does not belong in a file"),
        ('[provider]\napiKeyEnv = "NOT_SET"', "the environment variable 'NOT_SET' is not set or is empty"),
        ("a=" + "[" * 100_000, "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_key(write: Write, text: str, words: str) -> None:
    environment = write(text)
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(environment)
    assert str(caught.value).startswith(environment["AGENTLS_CONFIG"])
    assert words in str(caught.value)
    assert "sk-1" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_configuration({"AGENTLS_CONFIG": str(tmp_path / "none.toml")})


def test_a_key_from_above_makes_up_for_a_missing_one(write: Write) -> None:
    environment = {**write('[provider]\napiKeyEnv = "NOT_SET"'), "AGENTLS_API_KEY": "k"}
    assert load_configuration(environment).api_key == "k"


@pytest.mark.parametrize("message", ["must begin with https://", "provider.baseUrl must begin with https://"])
def test_a_refused_field_is_named_once_with_the_option_that_set_it(message: str) -> None:
    configuration = configure(ProviderArguments(base_url="ftp://x", model="m"), {})
    error = TurnFailed(message, "Use https.", "provider.baseUrl")
    assert explained(error, configuration) == (
        "provider.baseUrl" + (": " if message.startswith("must") else " ") + "must begin with https://"
        " (set by --base-url)\nUse https."
    )


def test_an_option_that_names_an_empty_variable_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="--api-key-env: the environment variable 'NOPE' is not set"):
        configure(ProviderArguments("http://x/v1", "m", "NOPE"), {"AGENTLS_API_KEY": "other"})


def test_approve_wins_over_the_file_and_keeps_its_rules(write: Write) -> None:
    configuration = load_configuration(write(FILE))
    assert settings_with_mode(configuration, "none")["approval"] == {
        "mode": "readOnly",
        "allowCommands": ["git status"],
    }
    assert settings_with_mode(configuration, None) == configuration.settings


def test_the_provider_gets_an_id_and_a_name() -> None:
    configuration = configure(ProviderArguments("http://localhost:11434/v1", "m"), {})
    assert whole_provider(configuration) == {
        "id": "default",
        "name": "http://localhost:11434",
        "baseUrl": "http://localhost:11434/v1",
        "modelId": "m",
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://User:pw@Example.org/v1?x#y", "https://example.org:443"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("http://host:99999/", "an unreadable URL"),
        ("localhost:1234/v1", "localhost://"),
    ],
)
def test_an_origin_never_shows_userinfo(url: str, shown: str) -> None:
    assert origin(url) == shown


def test_variables_that_are_empty_are_absent() -> None:
    empty: Mapping[str, str] = {"AGENTLS_BASE_URL": " ", "AGENTLS_MODEL": "", "AGENTLS_API_KEY": ""}
    configuration = load_configuration(empty)
    assert (configuration.provider, configuration.api_key) == ({}, None)
    assert configuration.secret_variables == ("AGENTLS_API_KEY",)
