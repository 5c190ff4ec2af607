"""A turn against endpoints that are as strict as the hosts of the world: what they refuse is learned on the way."""

import json
from pathlib import Path

import pytest

from agentls.engine.discovery import spoken_to
from agentls.engine.model_request import MAX_ADAPTATIONS
from agentls.world.scripted import Call, Calls, Gate, HttpError, Raw, Script, Text
from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import Reply
from tests.support.strict_hosts import HOSTS
from tests.support.workshop import workshop
from tests.unit.chat.test_lessons import WORDS

LIST = Call("list_files", {"path": "."}, id="call-1.functions:0")
SEARCH = Call("search_files", {"path": ".", "regex": "x"}, id="call-2.functions:1")


def _refused(host: str, request: dict[str, object]) -> HttpError | None:
    """The host's refusal of a request that is not to its liking."""
    refused = HOSTS[host](request)
    if refused is None:
        return None
    status, body = refused
    return HttpError(status, json.dumps(body), {"content-type": "application/json"})


def strict(host: str) -> Script:
    """Answers with two calls until their results are there, and refuses what the host refuses."""

    def answer(request: RecordedRequest) -> Reply:
        assert isinstance(request.body, dict)
        if (refused := _refused(host, request.body)) is not None:
            return refused
        roles = [message["role"] for message in request.body["messages"]]
        if "tool" in roles or not request.body.get("tools"):
            return Text(text="done")
        return Calls([LIST, SEARCH], reasoning="Look first.")

    return Script(then=answer)


@pytest.mark.parametrize("host", sorted(HOSTS))
async def test_whatever_a_host_refuses_is_learned_and_the_turn_is_done(tmp_path: Path, host: str) -> None:
    fields = {"temperature": 0.2, "reasoningEffort": "low", "model": {"maxOutputTokens": 900}, "promptCaching": True}
    async with workshop(tmp_path, strict(host), provider=fields, is_strict=False) as shop:
        task_id = str((await shop.run())["taskId"])
        learned = [frame["message"] for frame in shop.recorder.of("agent/notice", task_id)]
        asked = len(shop.endpoint.requests)
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "Once more"})
        completed = await shop.ended(task_id, 2)

        assert completed["status"] == "completed", completed
        assert asked == 2 + len(learned)
        assert len(learned) == len(set(learned))
        provider = shop.engine.connection.providers.get("p")
        assert bool(shop.engine.connection.dialect(provider).learned) == bool(shop.recorder.of("agent/notice"))


async def test_what_was_learned_of_one_model_is_not_said_of_another(tmp_path: Path) -> None:
    async with workshop(tmp_path, strict("mistral"), is_strict=False) as shop:
        await shop.run()
        here = spoken_to(shop.engine.connection.providers.get("p"))
        learned = shop.engine.connection.dialect(shop.engine.connection.providers.get("p")).learned
        await shop.provider(modelId="other")
        there = spoken_to(shop.engine.connection.providers.get("p"))

        assert (here[0], learned != frozenset()) == (there[0], True)
        assert shop.engine.connection.dialect(shop.engine.connection.providers.get("p")).learned == frozenset()


async def test_a_refusal_that_changes_nothing_of_the_request_is_the_end(tmp_path: Path) -> None:
    refused = HttpError(400, {"error": {"message": "Unsupported parameter: temperature", "param": "temperature"}})
    async with workshop(tmp_path, Script(then=refused)) as shop:
        completed = await shop.run()

        assert (completed["error"]["code"], len(shop.endpoint.requests)) == ("badRequest", 1)


async def test_tools_that_cannot_be_streamed_are_asked_for_in_one_piece(tmp_path: Path) -> None:
    def nim(request: RecordedRequest) -> Reply:
        assert isinstance(request.body, dict)
        if request.body["stream"] and request.body.get("tools"):
            said = b'{"error":{"message":"Tool calling is not supported in streaming mode!","code":400}}'
            return Raw([b"data: " + said + b"\n\n"])
        roles = [message["role"] for message in request.body["messages"]]
        return Text(text="done") if "tool" in roles else Calls([LIST])

    async with workshop(tmp_path, Script(then=nim)) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert shop.results() == [("list_files", "ok")]
        assert [request.body["stream"] for request in shop.endpoint.requests] == [True, False, False]


async def test_an_empty_streamed_answer_to_a_request_with_tools_is_asked_for_in_one_piece(tmp_path: Path) -> None:
    def llama(request: RecordedRequest) -> Reply:
        assert isinstance(request.body, dict)
        if request.body["stream"]:
            return Raw([])
        roles = [message["role"] for message in request.body["messages"]]
        return Text(text="done") if "tool" in roles else Calls([LIST])

    async with workshop(tmp_path, Script(then=llama)) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert [request.body["stream"] for request in shop.endpoint.requests] == [True, False, False]
        assert [frame["code"] for frame in shop.recorder.of("agent/notice")] == ["dialect.adapted"]
        assert shop.engine.connection.dialect(shop.engine.connection.providers.get("p")).learned == frozenset()


async def test_one_empty_answer_does_not_end_streaming_where_the_next_has_no_call(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Raw([b"data: [DONE]\n\n"])], then=Text(text="ok"))) as shop:
        task_id = str((await shop.run())["taskId"])
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "again"})
        await shop.ended(task_id, 2)

        assert [request.body["stream"] for request in shop.endpoint.requests] == [True, False, True]


@pytest.mark.parametrize("host", sorted(HOSTS))
async def test_steered_and_interrupted_turns_are_told_as_every_host_takes_them(tmp_path: Path, host: str) -> None:
    """A prompt right after results, a turn that was given up with and without an answer, and then a last one."""
    gates = [Gate(), Gate()]
    calls = Calls([LIST, SEARCH], reasoning="Look around.", gates={2: gates[0]})
    half = Text(text="half an answer that nobody waits for", gates={6: gates[1]})
    steps: list[Reply] = [calls, Text(text="one"), half, Text(text="three"), Text(text="four")]

    def answer(request: RecordedRequest) -> Reply:
        assert isinstance(request.body, dict)
        if (refused := _refused(host, request.body)) is not None:
            return refused
        step = steps.pop(0)
        if not request.body["stream"] and isinstance(step, Calls | Text):
            for gate in step.gates.values():
                gate.open()
        return step

    async with workshop(tmp_path, Script(then=answer), is_strict=False) as shop:
        task_id = await shop.start("first")
        await shop.recorder.wait_method("agent/request/started")
        await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "steered"})
        gates[0].open()
        assert (await shop.ended(task_id))["status"] == "completed"
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "second"})
        await shop.ask("agent/turn/interrupt", {"taskId": task_id})
        assert (await shop.ended(task_id, 2))["status"] == "interrupted"
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "third"})
        await shop.recorder.wait_method("agent/message/delta")
        await shop.ask("agent/turn/interrupt", {"taskId": task_id})
        gates[1].open()
        await shop.ended(task_id, 3)
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "fourth"})
        completed = await shop.ended(task_id, 4)

        assert completed["status"] == "completed", completed
        last = json.dumps(shop.endpoint.requests[-1].messages)
        assert [last.count(prompt) for prompt in ("first", "steered", "second", "third", "fourth")] == [1] * 5


async def test_a_server_that_refuses_whatever_is_sent_is_given_up_on_and_the_prompt_stays(tmp_path: Path) -> None:
    refusals = [HttpError(status, {"error": {"message": words}}) for _, status, words in WORDS]
    script = Script([*refusals, *refusals])
    async with workshop(tmp_path, script, provider={"temperature": 0.1}, is_strict=False) as shop:
        task_id = await shop.start("never lost")
        assert (await shop.ended(task_id))["status"] == "failed"
        assert len(shop.endpoint.requests) <= 1 + MAX_ADAPTATIONS + shop.engine.connection.settings.retry.max_attempts
        script.skip_rest()
        script.add(Text(text="ok"))
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "again"})
        await shop.ended(task_id, 2)

        prompts = [message["content"] for message in shop.endpoint.requests[-1].messages if message["role"] == "user"]
        assert "\n".join(map(str, prompts)).count("never lost") == 1


@pytest.mark.parametrize(
    ("host", "own", "sent"),
    [
        ("openai", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("dashscope", {"tool_choice": "required"}, {}),
        ("mistral", {"stream_options": {"include_usage": True}, "max_completion_tokens": 5}, {"max_tokens": 5}),
        ("moonshot", {"temperature": 0.7, "tool_choice": "auto"}, {"tool_choice": "auto"}),
    ],
)
async def test_what_the_user_adds_to_the_body_is_adapted_too(
    tmp_path: Path, host: str, own: dict[str, object], sent: dict[str, object]
) -> None:
    async with workshop(tmp_path, strict(host), provider={"extraBody": own}, is_strict=False) as shop:
        assert (await shop.run())["status"] == "completed"
        body = shop.endpoint.requests[-1].body
        assert isinstance(body, dict)
        ours = ("model", "messages", "tools", "stream")
        kept = {"stream_options": {"include_usage": True}} if host in ("openai", "dashscope", "moonshot") else {}
        assert {key: value for key, value in body.items() if key not in ours} == {**kept, **sent}
