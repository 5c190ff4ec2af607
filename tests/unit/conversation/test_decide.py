"""What a running turn does next."""

from __future__ import annotations

from agentls.conversation.decide import DeliverPrompts, Limits, Rest, RunCalls, SendRequest, decide
from agentls.conversation.record import Private
from agentls.protocol import events as e
from tests.unit.conversation.build import Story

LIMITS = Limits(requests_per_turn=5, repeated_calls=3, malformed_calls=3)


def _answered(story: Story, number: int, name: str = "read_file", arguments: str = "{}", status: str = "ok") -> Story:
    story.request(f"req_{number}").calls(f"call_{number}", name, arguments).replied(f"req_{number}")
    return story.result(f"call_{number}", status=status)


def test_a_prompt_is_sent() -> None:
    assert decide(Story().turn().state, LIMITS) == SendRequest()


def test_an_answer_without_calls_ends_the_turn() -> None:
    assert decide(Story().turn().request().says("Done.").replied().state, LIMITS) == Rest("completed")


def test_calls_without_a_result_are_run_in_call_order() -> None:
    story = Story().turn().request().calls("call_1").calls("call_2", index=1).replied()
    decision = decide(story.state, LIMITS)

    assert isinstance(decision, RunCalls)
    assert [call.call_id for call in decision.calls] == ["call_1", "call_2"]
    assert decision.repeated == frozenset()


def test_results_go_back_to_the_model() -> None:
    assert decide(_answered(Story().turn(), 1).state, LIMITS) == SendRequest()


def test_a_prompt_sent_meanwhile_joins_before_the_next_request() -> None:
    story = _answered(Story().turn(), 1).prompt("a", "also this", "queued")

    assert decide(story.state, LIMITS) == DeliverPrompts(story.state.queue)


def test_a_prompt_sent_during_the_last_answer_goes_on_in_the_same_turn() -> None:
    story = Story().turn().request().says("Done.").replied().prompt("a", "also this", "queued")

    assert decide(story.state, LIMITS) == DeliverPrompts(story.state.queue)


def test_a_turn_stops_at_its_limit_of_requests() -> None:
    story = Story().turn()
    for number in range(5):
        _answered(story, number, arguments=f'{{"path":"{number}"}}')
    decision = decide(story.state, LIMITS)

    assert isinstance(decision, Rest)
    assert decision.status == "limit"


def test_the_same_call_runs_three_times_in_a_row_and_not_a_fourth_time() -> None:
    story = Story().turn()
    for number in range(3):
        _answered(story, number)
    assert decide(story.state, LIMITS) == SendRequest()
    story.request("req_9").calls("call_9", arguments="{}").replied("req_9")
    fourth = decide(story.state, LIMITS)
    assert isinstance(fourth, RunCalls)
    assert fourth.repeated == {"call_9"}
    story.result("call_9", status="error")

    after = decide(story.state, LIMITS)
    assert isinstance(after, Rest)
    assert after.status == "limit"


def test_another_call_in_between_is_no_repetition() -> None:
    story = Story().turn()
    for number in range(4):
        _answered(story, number, arguments=f'{{"path":"{number % 2}"}}')

    assert decide(story.state, LIMITS) == SendRequest()


def test_calls_of_an_earlier_turn_are_not_counted() -> None:
    story = Story().turn()
    for number in range(3):
        _answered(story, number)
    story.turn(2).request("req_9").calls("call_9", arguments="{}").replied("req_9")
    decision = decide(story.state, LIMITS)

    assert isinstance(decision, RunCalls)
    assert decision.repeated == frozenset()


def test_invalid_calls_in_a_row_end_the_turn() -> None:
    story = Story().turn()
    for number in range(3):
        _answered(story, number, arguments=f'{{"x":{number}}}', status="invalid")
    decision = decide(story.state, LIMITS)

    assert isinstance(decision, Rest)
    assert decision.status == "limit"


def test_a_task_stops_at_its_cost() -> None:
    story = Story().turn().request().calls("call_1")
    story.add(e.RequestCompleted(request_id="req_1"), Private(cost=0.25)).result("call_1")
    limits = Limits(requests_per_turn=5, repeated_calls=3, malformed_calls=3, cost_per_task=0.25)

    assert decide(story.state, limits) == Rest(
        "limit", "This task has cost 0.2500 USD, the most it may (limits.costPerTask)."
    )


def test_a_task_at_its_cost_sends_nothing_for_a_new_prompt_either() -> None:
    story = Story().turn().request().says("Done.")
    story.add(e.RequestCompleted(request_id="req_1"), Private(cost=0.5))
    limits = Limits(requests_per_turn=5, repeated_calls=3, malformed_calls=3, cost_per_task=0.25)

    assert decide(story.state, limits) == Rest("completed")
    assert isinstance(decide(story.turn(2).state, limits), Rest)


def test_a_turn_at_its_limit_of_requests_leaves_a_late_prompt_in_the_queue() -> None:
    story = Story().turn().request().says("Done.").replied().prompt("a", "also this", "queued")
    limits = Limits(requests_per_turn=1, repeated_calls=3, malformed_calls=3)

    assert isinstance(decide(story.state, limits), Rest)


def test_invalid_calls_made_side_by_side_count_once() -> None:
    story = Story().turn().request()
    for number in range(5):
        story.calls(f"call_{number}", arguments=f'{{"x":{number}}}', index=number)
    story.replied()
    for number in range(5):
        story.result(f"call_{number}", status="invalid")

    assert decide(story.state, LIMITS) == SendRequest()


def test_of_the_same_call_many_times_in_one_answer_only_the_first_ones_run() -> None:
    story = Story().turn().request()
    for number in range(5):
        story.calls(f"call_{number}", index=number)
    decision = decide(story.calls("other", arguments="{}", index=5).replied().state, LIMITS)

    assert isinstance(decision, RunCalls)
    assert decision.repeated == {"call_3", "call_4"}


def test_a_word_of_the_user_begins_the_count_again() -> None:
    story = Story().turn()
    for number in range(3):
        _answered(story, number)
    story.prompt("a", "once more", "delivered")
    story.request("req_9").calls("call_9", arguments="{}").replied("req_9")
    decision = decide(story.state, LIMITS)

    assert isinstance(decision, RunCalls)
    assert decision.repeated == frozenset()
