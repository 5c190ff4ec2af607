"""Approvals: what asks, who answers, and what an answer does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agentls.protocol.errors import RequestFailed
from agentls.world.scripted import Call, Calls, Script, Text
from tests.support.clock import FakeClock
from tests.support.workshop import workshop

WRITE = Call("write_to_file", {"path": "new.txt", "content": "hello\n"})
COMMAND = Call("execute_command", {"command": "echo ran > ran.txt"})
PLAIN = Call("execute_command", {"command": f"{sys.executable} --version"})


async def test_an_edit_asks_and_is_done_when_allowed(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="Done.")])) as shop:
        task_id = await shop.start()
        asked = await shop.approve("allow")
        completed = await shop.ended(task_id)

        subject = asked["subject"]
        assert isinstance(subject, dict)
        assert subject["path"] == "new.txt"
        assert "+hello" in subject["diff"]["unified"]
        assert (shop.root / "new.txt").read_text() == "hello\n"
        assert completed["changedFiles"] == [
            {"uri": (shop.root / "new.txt").as_uri(), "path": "new.txt", "change": "created"}
        ]
        assert [frame["status"] for frame in shop.recorder.of("agent/toolCall/status")] == [
            "awaitingApproval",
            "running",
        ]
        assert [frame["status"] for frame in shop.recorder.of("agent/task/status")] == [
            "running",
            "awaitingApproval",
            "running",
            "idle",
        ]


async def test_a_denial_is_a_result_with_the_users_words_and_the_turn_goes_on(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="Then not.")])) as shop:
        task_id = await shop.start()
        await shop.approve("deny", comment="use old.txt")
        completed = await shop.ended(task_id)

        assert completed["status"] == "completed"
        assert shop.results() == [("write_to_file", "denied")]
        assert "use old.txt" in shop.result_text()
        assert not (shop.root / "new.txt").exists()


async def test_a_comment_on_an_approval_reaches_the_model(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")])) as shop:
        task_id = await shop.start()
        await shop.approve("allow", comment="but keep it short")
        await shop.ended(task_id)

        assert "but keep it short" in shop.result_text()


async def test_nobody_answering_is_a_denial_once_the_time_is_over(tmp_path: Path) -> None:
    clock = FakeClock()
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")]), clock=clock) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/approval/requested")
        await clock.wait_for_sleepers()
        await clock.advance(601)
        await shop.ended(task_id)

        resolved = shop.recorder.of("agent/approval/resolved")[0]
        assert (resolved["decision"], resolved["by"]) == ("deny", "timeout")
        assert shop.results() == [("write_to_file", "denied")]


async def test_the_first_answer_wins(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")])) as shop:
        task_id = await shop.start()
        asked = await shop.approve("deny")
        late = {"approvalId": asked["approvalId"], "decision": "allow"}
        assert await shop.ask("agent/approval/respond", late) == {"accepted": False}
        await shop.ended(task_id)

        assert shop.results() == [("write_to_file", "denied")]


async def test_an_unknown_approval_and_a_decision_not_offered_are_errors(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")])) as shop:
        task_id = await shop.start()
        asked = await shop.recorder.wait_method("agent/approval/requested")
        with pytest.raises(RequestFailed) as unknown:
            await shop.ask("agent/approval/respond", {"approvalId": "appr_nope", "decision": "allow"})
        params = {"approvalId": asked["approvalId"], "decision": "allowUnsandboxed"}
        with pytest.raises(RequestFailed) as other:
            await shop.ask("agent/approval/respond", params)
        await shop.approve("deny")
        await shop.ended(task_id)

        assert (unknown.value.code, other.value.code) == ("approval.unknown", "approval.decisionNotOffered")


async def test_allowing_for_the_task_is_remembered_for_the_same_command_only(tmp_path: Path) -> None:
    twice = Calls([Call("execute_command", {"command": "ls -a"}), Call("execute_command", {"command": "ls -a"})])
    other = Calls([Call("execute_command", {"command": "ls -l"})])
    async with workshop(tmp_path, Script([twice, other, Text(text="ok")])) as shop:
        task_id = await shop.start()
        asked = await shop.approve("allowForTask")
        assert "allowForTask" in asked["decisions"]
        await shop.approve("deny", count=2)
        await shop.ended(task_id)

        assert [status for _, status in shop.results()] == ["ok", "ok", "denied"]


async def test_read_only_mode_denies_without_asking(tmp_path: Path) -> None:
    settings = {"approval": {"mode": "readOnly"}}
    async with workshop(tmp_path, Script([Calls([WRITE, COMMAND]), Text(text="ok")]), settings=settings) as shop:
        await shop.run()

        assert [status for _, status in shop.results()] == ["denied", "denied"]
        assert shop.recorder.of("agent/approval/requested") == []
        assert list(shop.root.iterdir()) == []


async def test_a_mode_given_with_the_task_holds_for_that_task(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")])) as shop:
        await shop.run(mode="acceptEdits")

        assert shop.results() == [("write_to_file", "ok")]


async def test_protected_files_ask_even_in_full_mode(tmp_path: Path) -> None:
    hook = Call("write_to_file", {"path": ".GIT/hooks/pre-commit", "content": "x"})
    settings = {"approval": {"mode": "full"}}
    async with workshop(tmp_path, Script([Calls([hook]), Text(text="ok")]), settings=settings) as shop:
        task_id = await shop.start()
        await shop.approve("deny")
        await shop.ended(task_id)

        assert shop.results() == [("write_to_file", "denied")]


async def test_an_allow_rule_covers_plain_words_and_nothing_more(tmp_path: Path) -> None:
    calls = [Call("execute_command", {"command": command}) for command in ("echo hi", "echo hi > x", "echo $(id)")]
    settings = {"approval": {"allowCommands": ["echo"]}}
    script = Script([Calls(calls), Text(text="ok")])
    async with workshop(tmp_path, script, settings=settings) as shop:
        task_id = await shop.start()
        await shop.approve("deny", count=1)
        await shop.approve("deny", count=2)
        await shop.ended(task_id)

        assert [status for _, status in shop.results()] == ["ok", "denied", "denied"]


async def test_in_an_untrusted_workspace_nothing_is_written_or_run(tmp_path: Path) -> None:
    settings = {"approval": {"mode": "full"}}
    script = Script([Calls([WRITE, COMMAND]), Text(text="ok")])
    async with workshop(tmp_path, script, settings=settings, trusted=False) as shop:
        await shop.run()

        assert [status for _, status in shop.results()] == ["denied", "denied"]
        assert list(shop.root.iterdir()) == []


async def test_a_prompt_never_answers_an_approval(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([WRITE]), Text(text="ok")])) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/approval/requested")
        steered = await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "yes, go on"})
        assert steered["disposition"] == "injected"
        await shop.recorder.wait_method("agent/prompt", 2)
        assert shop.recorder.of("agent/approval/resolved") == []
        await shop.approve("deny")
        await shop.ended(task_id)

        assert shop.results() == [("write_to_file", "denied")]
        assert shop.endpoint.requests[1].messages[-1]["content"] == "yes, go on"
