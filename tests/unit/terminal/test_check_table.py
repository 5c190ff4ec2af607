"""The table of a check: aligned, broken between words, safe to print."""

from agentls.terminal.check_messages import CheckedStep, CheckResult, Dialect, Lesson
from agentls.terminal.check_table import closing, heading, noted, step_lines, under_way
from agentls.terminal.messages import Usage
from agentls.terminal.text import cells

OK = CheckedStep("reach", "ok", "Connection", "http://127.0.0.1:8000 answers and lists 3 models.")
WARN = CheckedStep(
    "streamedArguments",
    "warn",
    "Streamed arguments",
    "The arguments of each call came in one piece.",
    "It works, but you see arguments only when they are whole: a long edit shows nothing for a while.",
)
SKIPPED = CheckedStep("images", "skipped", "Images", "imageSupport is off for this model: no image is ever sent.")


def texts(step: CheckedStep, width: int | None) -> list[str]:
    return [line.text for line in step_lines(step, width)]


def result(*steps: CheckedStep, **more: object) -> CheckResult:
    fields: dict[str, object] = {"usage": Usage(1042, 118), "requests": 4, "dialect": Dialect(), **more}
    return CheckResult(ok=all(step.status != "fail" for step in steps), checks=steps, **fields)  # type: ignore[arg-type]


def test_a_step_is_one_line_where_there_is_no_width() -> None:
    assert texts(OK, None) == ["✓ Connection          http://127.0.0.1:8000 answers and lists 3 models."]


def test_the_advice_stands_below_the_detail() -> None:
    assert texts(WARN, None) == [
        "! Streamed arguments  The arguments of each call came in one piece.",
        "                      → It works, but you see arguments only when they are whole: a long edit shows"
        " nothing for a while.",
    ]


def test_nothing_is_wider_than_the_terminal_and_everything_hangs_in_its_column() -> None:
    assert texts(WARN, 79) == [
        "! Streamed arguments  The arguments of each call came in one piece.",
        "                      → It works, but you see arguments only when they are",
        "                        whole: a long edit shows nothing for a while.",
    ]
    assert all(cells(row) <= 60 for step in (OK, WARN, SKIPPED) for row in texts(step, 60))


def test_what_a_provider_wrote_cannot_move_the_cursor() -> None:
    evil = CheckedStep("model", "fail", "Model", "no \x1b[2J such\nmodel", "try \x9b31m another")
    assert texts(evil, None) == [
        "✗ Model               no \\x1b[2J such\\x0amodel",
        "                      → try \\x9b31m another",
    ]


def test_a_warning_about_the_settings_stands_above_the_steps() -> None:
    assert [line.text for line in noted("It was trimmed.", 79)] == ["! It was trimmed.", ""]


def test_the_heading_names_the_level_unless_it_is_everything() -> None:
    assert [line.text for line in heading("http://x/v1", "m", "full")] == ["agentls check · http://x/v1 · m", ""]
    assert heading("http://x/v1", "m", "tools")[0].text == "agentls check · http://x/v1 · m · level tools"


def test_what_is_under_way_follows_from_what_ended() -> None:
    assert under_way([], 0, 79).text == "… looking for the server · 0 s"
    assert (
        under_way(["reach"], 31_000, 79).text
        == "… waiting for the model's first answer · 31 s · it may still be loading"
    )
    assert under_way(["reach", "key", "model", "streaming"], 31_000, 79).text == "… asking for tool calls · 31 s"
    assert under_way(["reach", "key", "model"], 3400, 79).text == "… looking at how it came · 3 s"


def test_the_end_counts_steps_requests_tokens_and_money() -> None:
    lines = [line.text for line in closing(result(OK, WARN, SKIPPED, cost=0.00042), 3400, None)]
    assert lines == ["", "1 ok · 1 warn · 1 skipped · 4 requests · 1,042 tokens in, 118 out · $0.0004 · 3.4 s"]


def test_the_end_says_what_was_learned() -> None:
    known = ("Cache marks are not sent.", "Ids are sent as nine letters.")
    dialect = Dialect(known, (Lesson("ids are sent as nine letters"),), "vLLM")
    lines = [line.text for line in closing(result(OK, dialect=dialect, usage=Usage(0, 0), requests=1), 90, None)]
    assert lines == [
        "",
        "Requests to vLLM are made to fit: Cache marks are not sent.",
        "Learned from its refusals, and kept: ids are sent as nine letters.",
        "",
        "1 ok · 1 request · no tokens · 90 ms",
    ]


def test_estimates_are_called_so() -> None:
    lines = closing(result(OK, usage=Usage(1042, 118, estimated=True)), 3400, None)
    assert "about 1,042 tokens in" in lines[-1].text
