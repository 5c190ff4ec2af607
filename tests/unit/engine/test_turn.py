"""Turns: what happens, in which order, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, Raw, Script, Text, Tokens
from tests.support.workshop import workshop

READ_A = Call("read_file", {"path": "a.txt"})
FULL = {"approval": {"mode": "full"}}


async def test_plain_text_ends_a_turn(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="All good.")])) as shop:
        completed = await shop.run("Say it\nplease")

        assert completed["status"] == "completed"
        assert shop.methods() == [
            "prompt",
            "turn/started",
            "task/status",
            "request/started",
            "message/started",
            "message/completed",
            "request/completed",
            "turn/completed",
            "task/status",
        ]
        assert shop.recorder.of("agent/message/completed")[0]["text"] == "All good."
        assert [frame["title"] for frame in shop.recorder.of("agent/task/status")] == ["Say it", "Say it"]
        deltas = shop.recorder.of("agent/message/delta")
        assert "".join(str(frame["delta"]) for frame in deltas) == "All good."


async def test_calls_run_and_their_results_go_back(tmp_path: Path) -> None:
    script = Script([Calls([READ_A], text="Looking."), Text(text="It says hello.")])
    async with workshop(tmp_path, script) as shop:
        (shop.root / "a.txt").write_text("hello\n")
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.methods()[3:-5] == [
            "request/started",
            "message/started",
            "toolCall/started",
            "toolCall/ready",
            "message/completed",
            "request/completed",
            "toolCall/status",
            "toolResult",
            "request/started",
        ]
        result = shop.recorder.of("agent/toolResult")[0]
        assert (result["status"], result["range"]) == ("ok", {"startLine": 1, "endLine": 1, "totalLines": 1})
        messages = shop.endpoint.requests[1].messages
        assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool"]
        assert "1 | hello" in str(messages[3]["content"])


async def test_the_state_is_the_fold_of_the_journal(tmp_path: Path) -> None:
    script = Script([Calls([READ_A, Call("nope", {})], text="Looking.", reasoning="Hm."), Text(text="Done.")])
    async with workshop(tmp_path, script) as shop:
        completed = await shop.run()
        task_id = str(completed["taskId"])
        live = shop.engine._tasks.live(task_id)

        assert live is not None
        assert live.ledger.state == await shop.folded(task_id)


async def test_calls_of_one_answer_have_their_results_in_call_order(tmp_path: Path) -> None:
    names = [f"{letter}.txt" for letter in "abcdefgh"]
    calls = [Call("read_file", {"path": name}) for name in names]
    async with workshop(tmp_path, Script([Calls(calls, interleave=True), Text(text="Done.")])) as shop:
        for name in names:
            (shop.root / name).write_text(name)
        await shop.run()

        started = [frame["callId"] for frame in shop.recorder.of("agent/toolCall/started")]
        assert [frame["callId"] for frame in shop.recorder.of("agent/toolResult")] == started
        sent = shop.endpoint.requests[1].messages[3:]
        assert [name in str(message["content"]) for name, message in zip(names, sent, strict=True)] == [True] * 8


async def test_calls_that_are_not_understood_have_their_results_in_call_order_too(tmp_path: Path) -> None:
    calls = [
        Call("read_file", {"path": "a.txt"}),
        Call("read_file", '{"path": '),
        Call("nope", {"x": 1}),
        Call("read_file", '{"path": oops}'),
        Call("read_file", {"path": "a.txt"}),
    ]
    async with workshop(tmp_path, Script([Calls(calls), Text(text="Done.")])) as shop:
        (shop.root / "a.txt").write_text("one")
        await shop.run()

        started = [frame["callId"] for frame in shop.recorder.of("agent/toolCall/started")]
        results = shop.recorder.of("agent/toolResult")
        assert [frame["callId"] for frame in results] == started
        assert [frame["status"] for frame in results] == ["ok", "invalid", "invalid", "invalid", "ok"]


async def test_streamed_arguments_carry_their_parsed_meaning(tmp_path: Path) -> None:
    script = Script([Calls([Call("read_file", {"path": "src/app.py", "start_line": 3})], piece=3), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        await shop.run()
        deltas = shop.recorder.of("agent/toolCall/delta")
        path, line = "", None
        for delta in deltas:
            for field in delta["fields"]:
                if field["path"] == ["path"]:
                    path += field["append"]
                elif field["path"] == ["start_line"]:
                    line = field["value"]

        assert (path, line) == ("src/app.py", 3)
        raw = "".join(str(delta["delta"]) for delta in deltas)
        assert raw == '{"path": "src/app.py", "start_line": 3}'


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call("rm_rf", {"path": "/"}), "rm_rf"),
        (Call("read_file", {}), "path"),
        (Call("read_file", {"path": 5}), "path"),
        (Call("read_file", '{"path": "a.txt", }'), "JSON"),
        (Call("read_file", "[1, 2]"), "object"),
    ],
)
async def test_a_call_that_is_not_understood_is_told_back_and_nothing_runs(
    tmp_path: Path, call: Call, said: str
) -> None:
    async with workshop(tmp_path, Script([Calls([call]), Text(text="Sorry.")])) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.results() == [(call.name, "invalid")]
        assert said in shop.result_text()
        assert shop.recorder.of("agent/toolCall/status") == []
        assert shop.endpoint.requests[1].messages[-1]["content"] == shop.result_text()


async def test_an_answer_cut_at_its_output_limit_runs_no_half_call(tmp_path: Path) -> None:
    half = Call("write_to_file", '{"path": "a.txt", "content": "half of')
    script = Script([Calls([half], finish_reason="length"), Text(text="Smaller then.")])
    async with workshop(tmp_path, script, settings=FULL) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.results() == [("write_to_file", "invalid")]
        assert "output limit" in shop.result_text()
        assert not (shop.root / "a.txt").exists()


async def test_repeating_a_call_over_and_over_stops_the_turn(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Calls([READ_A]))) as shop:
        (shop.root / "a.txt").write_text("x")
        completed = await shop.run()

        assert completed["status"] == "limit"
        assert shop.results() == [("read_file", "ok")] * 3 + [("read_file", "error")]
        assert [frame["code"] for frame in shop.recorder.of("agent/notice")] == ["turn.limit"]


async def test_a_turn_stops_at_its_limit_of_requests(tmp_path: Path) -> None:
    count = 0

    def another(request: object) -> Calls:
        nonlocal count
        count += 1
        return Calls([Call("read_file", {"path": f"{count}.txt"})])

    settings = {"limits": {"requestsPerTurn": 4}}
    async with workshop(tmp_path, Script(then=another), settings=settings) as shop:
        completed = await shop.run()

        assert (completed["status"], len(shop.endpoint.requests)) == ("limit", 4)


async def test_usage_and_cost_come_from_what_the_provider_reports(tmp_path: Path) -> None:
    script = Script([Text(text="Hi", usage=Tokens(input=1000, output=500, cached=400, reasoning=100))])
    prices = {"inputPrice": 2.0, "outputPrice": 8.0, "cacheReadPrice": 0.5}
    async with workshop(tmp_path, script, provider={"model": prices}) as shop:
        completed = await shop.run()

        assert completed["usage"] == {
            "inputTokens": 1000,
            "cachedTokens": 400,
            "outputTokens": 500,
            "reasoningTokens": 100,
        }
        assert completed["cost"] == pytest.approx((600 * 2 + 400 * 0.5 + 500 * 8) / 1_000_000)


async def test_usage_is_estimated_and_marked_so_when_none_is_reported(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="x" * 400, usage=None)])) as shop:
        usage = (await shop.run())["usage"]

        assert isinstance(usage, dict)
        assert (usage["outputTokens"], usage["estimated"]) == (100, True)


async def test_a_tool_call_printed_as_text_is_never_run(tmp_path: Path) -> None:
    text = '<tool_call>\n{"name": "execute_command", "arguments": {"command": "touch pwned"}}\n</tool_call>'
    async with workshop(tmp_path, Script([Text(text=text)]), settings=FULL) as shop:
        completed = await shop.run()

        assert completed["status"] == "failed"
        assert completed["error"]["code"] == "toolsUnsupported"
        assert not (shop.root / "pwned").exists()


async def test_without_streaming_the_same_events_come(tmp_path: Path) -> None:
    script = Script([Calls([READ_A], text="Looking.", reasoning="Hm."), Text(text="Done.")])
    async with workshop(tmp_path, script, provider={"streaming": False}) as shop:
        (shop.root / "a.txt").write_text("x")
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.results() == [("read_file", "ok")]
        assert [frame["text"] for frame in shop.recorder.of("agent/reasoning/completed")] == ["Hm."]
        assert [frame["text"] for frame in shop.recorder.of("agent/message/completed")] == ["Looking.", "Done."]


async def test_two_tasks_run_side_by_side_without_mixing(tmp_path: Path) -> None:
    def by_prompt(request: object) -> Text:
        messages = request.messages
        return Text(text=f"You said {messages[1]['content']}")

    async with workshop(tmp_path, Script(then=by_prompt)) as shop:
        one, two = await shop.start("one"), await shop.start("two")
        await shop.ended(one)
        await shop.ended(two)

        for task_id, word in ((one, "one"), (two, "two")):
            said = shop.recorder.of("agent/message/completed", task_id)
            assert [frame["text"] for frame in said] == [f"You said {word}"]


async def test_a_second_turn_continues_the_conversation(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="First."), Text(text="Second.")])) as shop:
        task_id = str((await shop.run("one"))["taskId"])
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "two"})
        await shop.ended(task_id, turns=2)

        contents = [message["content"] for message in shop.endpoint.requests[1].messages[1:]]
        assert contents == ["one", "First.", "two"]


async def test_a_todo_list_is_published(tmp_path: Path) -> None:
    todos = Call("update_todo_list", {"todos": "[x] look\n[-] fix\n[ ] test"})
    async with workshop(tmp_path, Script([Calls([todos]), Text(text="ok")])) as shop:
        await shop.run()

        assert shop.recorder.of("agent/todo/updated")[0]["items"] == [
            {"text": "look", "state": "completed"},
            {"text": "fix", "state": "inProgress"},
            {"text": "test", "state": "pending"},
        ]


async def test_a_question_waits_for_the_users_answer(tmp_path: Path) -> None:
    ask = Call("ask_followup_question", {"question": "Which one?", "follow_up": [{"text": "A"}, {"text": "B"}]})
    async with workshop(tmp_path, Script([Calls([ask]), Text(text="ok")])) as shop:
        task_id = await shop.start()
        asked = await shop.recorder.wait_method("agent/question/requested")
        assert (asked["question"], asked["options"]) == ("Which one?", ["A", "B"])
        answer = {"questionId": asked["questionId"], "answer": "B, please"}
        assert await shop.ask("agent/question/respond", answer) == {"accepted": True}
        assert await shop.ask("agent/question/respond", answer) == {"accepted": False}
        await shop.ended(task_id)

        assert "B, please" in shop.result_text()


async def test_a_command_that_never_ends_is_stopped_and_the_turn_goes_on(tmp_path: Path) -> None:
    endless = Call("execute_command", {"command": "echo started; sleep 600", "timeout": 1})
    async with workshop(tmp_path, Script([Calls([endless]), Text(text="I see.")]), settings=FULL) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.results() == [("execute_command", "timeout")]
        assert "started" in shop.result_text()


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd", "a/../../outside.txt", "link/outside.txt"])
async def test_nothing_outside_the_workspace_is_read_or_written(tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    calls = Calls([Call("read_file", {"path": path}), Call("write_to_file", {"path": path, "content": "x"})])
    async with workshop(tmp_path, Script([calls, Text(text="ok")]), settings=FULL) as shop:
        (shop.root / "link").symlink_to(tmp_path)
        await shop.run()

        assert shop.results() == [("read_file", "error"), ("write_to_file", "error")]
        assert outside.read_text() == "secret"
        assert "secret" not in repr(shop.recorder.frames)


async def test_what_the_provider_wants_back_is_sent_back_with_the_answer(tmp_path: Path) -> None:
    details = [{"type": "reasoning.encrypted", "data": "opaque"}]
    call = {"index": 0, "id": "c1", "function": {"name": "list_files", "arguments": '{"path": "."}'}}
    chunks = [
        {"choices": [{"index": 0, "delta": {"reasoning_details": details}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]},
    ]
    parts = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]
    async with workshop(tmp_path, Script([Raw(parts), Text(text="ok")])) as shop:
        await shop.run()

        assert shop.endpoint.requests[1].messages[2]["reasoning_details"] == details


async def test_where_a_sandbox_is_required_and_there_is_none_no_command_runs(tmp_path: Path) -> None:
    settings = {**FULL, "command": {"sandbox": "required"}}
    script = Script([Calls([Call("execute_command", {"command": "touch ran"})]), Text(text="ok")])
    async with workshop(tmp_path, script, settings=settings) as shop:
        await shop.run()

        assert shop.results() == [("execute_command", "denied")]
        assert "sandbox" in shop.result_text()
        assert not (shop.root / "ran").exists()


async def test_a_disabled_tool_is_not_named_among_the_tools(tmp_path: Path) -> None:
    script = Script([Calls([Call("execute_command", {"command": "ls"})]), Text(text="ok")])
    async with workshop(tmp_path, script, settings={"tools": {"disabled": ["execute_command"]}}) as shop:
        await shop.run()

        assert shop.results() == [("execute_command", "invalid")]
        assert "execute_command" not in shop.result_text().partition("The tools are:")[2]


async def test_a_name_with_the_servers_own_markup_is_explained_and_not_run(tmp_path: Path) -> None:
    leaked = Call("list_files<|channel|>commentary", {"path": "."})
    async with workshop(tmp_path, Script([Calls([leaked]), Text(text="ok")])) as shop:
        await shop.run()

        assert [status for _, status in shop.results()] == ["invalid"]
        assert "Call 'list_files'." in shop.result_text()
