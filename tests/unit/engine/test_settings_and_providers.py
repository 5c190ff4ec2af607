"""What a connection is told: providers, keys, settings, folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentls.engine.engine import Engine
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.provider import Provider
from agentls.world.buffers import NoBuffers
from agentls.world.scripted import Script, Text
from tests.support.workshop import KEY, Workshop, workshop


async def test_a_key_is_never_given_back(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        listed = await shop.ask("agent/provider/list")

        assert (listed["active"], len(listed["providers"])) == ("p", 1)
        assert listed["providers"][0]["apiKeySet"] is True
        assert listed["providers"][0]["apiKeyHint"] == f"…{KEY[-4:]}"
        assert KEY not in repr(listed) + repr(shop.recorder.frames)


async def test_another_origin_drops_the_key_and_says_so(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = {"id": "p", "name": "P", "baseUrl": "https://elsewhere.example/v1", "modelId": "m"}
        changed = await shop.ask("agent/provider/set", {"provider": provider})

        assert changed["provider"]["apiKeySet"] is False
        assert any("key" in warning for warning in changed["warnings"])


async def test_a_pasted_completions_address_is_trimmed_with_a_warning(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="ok")])) as shop:
        provider = {
            "id": "q",
            "name": "Q",
            "baseUrl": f"{shop.endpoint.base_url}/chat/completions",
            "modelId": "scripted",
        }
        result = await shop.ask("agent/provider/set", {"provider": provider})

        assert result["provider"]["baseUrl"] == shop.endpoint.base_url
        assert result["warnings"]
        assert (await shop.run(providerId="q"))["status"] == "completed"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("sk-a\nb", "line breaks"),
        ("sk-a\rb", "line breaks"),
        ("sk-a\0b", "plain ASCII"),
        ("sk-a\tb", "plain ASCII"),
        ("sk-a\x7fb", "plain ASCII"),
        ("clé-secrète", "plain ASCII"),
        ("sk-\u200bhidden", "plain ASCII"),
        ("Bearer sk-abc", "without spaces"),
        ("x" * 10_240, "longer than 8192 bytes"),
    ],
)
async def test_a_key_that_cannot_be_sent_is_refused_with_the_reason_and_not_echoed(
    tmp_path: Path, key: str, reason: str
) -> None:
    async with workshop(tmp_path, Script()) as shop:
        with pytest.raises(InvalidParams) as refused:
            await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": key})

        assert refused.value.path == "apiKey"
        assert reason in refused.value.message
        assert key not in refused.value.message
        assert shop.engine.connection.providers.key("p") == KEY


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("https://user:secret@api.example.com/v1", "user name or password"),
        ("https://@api.example.com/v1", "user name or password"),
        ("https://api.example.com/v1?api-version=1", "before any ? or #"),
        ("https://api.example.com/v1?", "before any ? or #"),
        ("https://api.example.com/v1#top", "before any ? or #"),
        ("ftp://api.example.com/v1", "must begin with https:// or http://"),
        ("file:///etc/passwd", "must begin with https:// or http://"),
        ("api.example.com/v1", "must begin with https:// or http://"),
        ("localhost:11434/v1", "must begin with https:// or http://"),
        ("http://192.168.1.20:11434/v1", "unencrypted"),
        ("http://ollama.example.com/v1", "unencrypted"),
        ("http://127.0.0.1.example.com/v1", "unencrypted"),
        ("http://0x7f.1/v1", "unencrypted"),
        ("https://", "has no host"),
        ("https://api.example.com:0/v1", "no valid host and port"),
        ("https://api.example.com:99999/v1", "not a valid URL"),
        ("https://api.example.com\\@evil.example/v1", "backslashes"),
        ("https://api.exa\nmple.com/v1", "plain ASCII"),
        ("https://api.exa mple.com/v1", "plain ASCII"),
        ("https://b\u00fccher.example/v1", "plain ASCII"),
    ],
)
async def test_a_base_url_that_is_not_plain_is_refused_with_the_reason(
    tmp_path: Path, base_url: str, reason: str
) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = {"id": "p", "name": "P", "baseUrl": base_url, "modelId": "m"}
        with pytest.raises(InvalidParams) as refused:
            await shop.ask("agent/provider/set", {"provider": provider})

        assert refused.value.path == "provider.baseUrl"
        assert reason in refused.value.message
        assert "secret" not in refused.value.message
        assert shop.engine.connection.providers.get("p").base_url == shop.endpoint.base_url


async def test_plain_http_to_another_machine_is_taken_where_it_is_allowed(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = {"id": "p", "name": "P", "baseUrl": "http://192.168.1.20:11434/v1/", "modelId": "m"}
        result = await shop.ask("agent/provider/set", {"provider": {**provider, "allowInsecureHttp": True}})

        assert result["provider"]["baseUrl"] == "http://192.168.1.20:11434/v1"
        assert any("unencrypted" in warning for warning in result["warnings"])


async def test_removing_the_active_provider_leaves_another_active(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        await shop.ask(
            "agent/provider/set",
            {"provider": {"id": "q", "name": "Q", "baseUrl": "https://q.example/v1", "modelId": "m"}},
        )
        assert await shop.ask("agent/provider/remove", {"id": "p"}) == {"active": "q"}
        assert await shop.ask("agent/provider/remove", {"id": "q"}) == {}
        with pytest.raises(RequestFailed) as refused:
            await shop.start()

        assert refused.value.code == "provider.notConfigured"
        assert "AGENTLS_BASE_URL" in refused.value.advice


async def test_provider_changes_are_published(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        await shop.ask("agent/provider/select", {"id": "p"})

        changed = shop.recorder.of("agent/provider/changed")
        assert [frame["active"] for frame in changed] == ["p", "p", "p"]


async def test_settings_are_merged_and_answered_whole(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        await shop.ask("agent/settings/set", {"settings": {"read": {"maxLines": 50}}})
        whole = await shop.ask("agent/settings/set", {"settings": {"approval": {"mode": "acceptEdits"}}})

        assert whole["settings"]["read"] == {"maxLines": 50, "maxLineLength": 2000}
        assert whole["settings"]["approval"]["mode"] == "acceptEdits"
        assert set(whole["environment"]) >= {"sandbox", "ripgrep"}
        assert await shop.ask("agent/settings/get") == whole


async def test_a_disabled_tool_is_not_offered(tmp_path: Path) -> None:
    settings = {"tools": {"disabled": ["execute_command"]}}
    async with workshop(tmp_path, Script([Text(text="ok")]), settings=settings) as shop:
        await shop.run()
        tools = {tool["name"]: tool["enabled"] for tool in (await shop.ask("agent/tools/list"))["tools"]}

        assert "execute_command" not in shop.endpoint.requests[0].tool_names
        assert tools["execute_command"] is False
        assert tools["read_file"] is True


async def test_without_a_workspace_folder_a_task_is_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        shop.engine.change_roots([])
        with pytest.raises(RequestFailed) as refused:
            await shop.start()

        assert refused.value.code == "workspace.unknown"


async def test_a_task_belongs_to_the_folder_it_names(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="ok")])) as shop:
        other = tmp_path / "other"
        other.mkdir()
        shop.engine.change_roots([shop.root, other])
        task_id = str((await shop.run(workspace=other.as_uri()))["taskId"])

        assert (await shop.ask("agent/task/get", {"taskId": task_id}))["workspace"] == other.as_uri()
        with pytest.raises(RequestFailed):
            await shop.start(workspace="file:///nowhere")


def _plain(shop: Workshop, environment: dict[str, str], options: dict[str, object]) -> Engine:
    """The engine as an editor without a plugin gets it."""
    from dataclasses import replace

    engine = Engine(replace(shop.world, environment=environment), shop.recorder)
    engine.open(roots=[shop.root], trusted=True, buffers=NoBuffers(), configuration=options)
    return engine


async def test_a_plain_editor_is_configured_by_the_environment(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        environment = {
            "AGENTLS_BASE_URL": "https://api.example.com/v1",
            "AGENTLS_MODEL": "m",
            "AGENTLS_API_KEY": KEY,
        }
        providers = _plain(shop, environment, {}).connection.providers

        view = providers.view("default")
        assert (view.base_url, view.model_id, view.api_key_set) == ("https://api.example.com/v1", "m", True)


async def test_a_broken_configuration_is_told_when_it_is_needed(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        options: dict[str, object] = {"provider": {"baseUrl": "ftp://x", "modelId": "m"}}
        engine = _plain(shop, {}, options)
        with pytest.raises(RequestFailed) as refused:
            engine.connection.providers.get(None)

        assert refused.value.code == "provider.notConfigured"
        assert "baseUrl" in refused.value.advice


async def test_the_first_provider_the_client_sets_wins_over_the_environment(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        environment = {"AGENTLS_BASE_URL": "https://api.example.com/v1", "AGENTLS_MODEL": "m"}
        providers = _plain(shop, environment, {}).connection.providers
        assert providers.active == "default"
        for provider_id in ("panel", "other"):
            fields = {"id": provider_id, "name": "P", "baseUrl": "https://panel.example/v1", "modelId": "m"}
            providers.set(Provider.model_validate(fields))

        assert providers.active == "panel"


async def test_an_allow_rule_that_can_never_match_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"approval": {"allowCommands": ["git log", "bash -c"]}}
    async with workshop(tmp_path, Script(), settings=settings):
        told = [record.getMessage() for record in caplog.records if "allow rule" in record.getMessage()]

    assert len(told) == 1
    assert told[0].startswith("the allow rule 'bash -c' has no effect: ")
