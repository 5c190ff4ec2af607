"""The story a timeline tells, notification by notification."""

import pytest

from agentls.terminal import messages as m
from agentls.terminal.story import Story
from agentls.terminal.text import Line

USAGE = m.Usage(input_tokens=10, output_tokens=5)


def texts(story: Story, *messages: m.Shown) -> list[str]:
    return [line.text for message in messages for line in story.tell(message)]


def ready(call_id: str, name: str, title: str, kind: str, **arguments: object) -> m.ToolCallReady:
    return m.ToolCallReady(call_id, name, dict(arguments), title, kind)


def text_result(call_id: str, text: str, **more: object) -> m.ToolResult:
    return m.ToolResult(call_id, "read_file", "ok", (m.Content("text", text),), 12, **more)  # type: ignore[arg-type]


def test_a_read_shows_its_range_its_truncation_and_an_excerpt() -> None:
    story = Story()
    text = "\n".join(f"{n} | line" for n in range(1, 31))
    told = texts(
        story,
        m.ToolCallStarted("c1", "read_file"),
        ready("c1", "read_file", "Read a.py", "read", path="a.py", start_line=1),
        text_result(
            "c1",
            text,
            range=m.LineRange(1, 30, 80),
            truncated=m.Truncation(310, 900, 'read_file {"path": "a.py", "start_line": 31}'),
        ),
    )
    assert told == [
        "● Read a.py",
        '  read_file path="a.py" start_line=1',
        "  ✓ ok · lines 1–30 of 80 · 12 ms",
        *(f"    {n} | line" for n in range(1, 7)),
        "    … 22 more lines",
        "    29 | line",
        "    30 | line",
        '    … 310 of 900 bytes shown; next: read_file {"path": "a.py", "start_line": 31}',
    ]


def test_results_that_come_out_of_order_say_whose_they_are() -> None:
    story = Story()
    told = texts(
        story,
        ready("c1", "read_file", "Read a.py", "read"),
        ready("c2", "read_file", "Read b.py", "read"),
        text_result("c1", "one"),
        text_result("c2", "two"),
    )
    assert told[4:] == [
        "  ✓ Read a.py · ok · 12 ms",
        "    one",
        "  ✓ Read b.py · ok · 12 ms",
        "    two",
    ]


def test_a_call_is_told_after_the_text_that_leads_to_it() -> None:
    assert texts(
        Story(),
        m.MessageStarted("m1"),
        ready("c1", "read_file", "Read a.py", "read"),
        m.MessageCompleted("m1", "Let me see."),
    ) == ["Let me see.", "● Read a.py", "  read_file"]


def test_a_truncation_notice_in_the_text_is_not_repeated() -> None:
    cut = m.Truncation(3, 9, 'read_file {"path": "a"}')
    assert texts(Story(), text_result("c1", 'one\n[Next: read_file {"path": "a"}]', truncated=cut))[-1:] == [
        "    … 3 of 9 bytes shown"
    ]


def test_a_call_without_valid_arguments_is_named_in_its_result() -> None:
    story = Story()
    told = texts(
        story,
        m.ToolCallStarted("c1", "edit_file"),
        m.ToolResult("c1", "edit_file", "invalid", (m.Content("text", "path: missing"),), 0),
    )
    assert told == ["  ✗ edit_file · invalid · 0 ms", "    path: missing"]


def test_a_command_is_told_whole_and_cannot_hide_a_line() -> None:
    subject = m.Subject(command="echo a\nrm -rf b \x1b[8m", cwd="sub")
    told = Story().tell(m.ApprovalRequested("a1", "c1", "Run echo", subject, ("allow", "deny")))
    assert told == [
        Line("ask", "  ? Run echo"),
        Line("ask", "    $ echo a", "exact"),
        Line("ask", "    $ rm -rf b \\x1b[8m  (in sub)", "exact"),
    ]


def test_an_approval_does_not_repeat_the_title_of_its_call() -> None:
    story = Story()
    title = "Run make — No allow rule covers `make`."
    told = texts(
        story,
        ready("c1", "execute_command", "Run make", "execute", command="make"),
        m.ApprovalRequested("a1", "c1", title, m.Subject(command="make", cwd="."), ("allow", "deny")),
    )
    assert told[2:] == ["  ? No allow rule covers `make`.", "    $ make"]


def test_each_step_begins_after_an_empty_line() -> None:
    assert texts(
        Story(),
        m.Prompt((m.Block("text", "go"),), "delivered"),
        m.MessageStarted("m1"),
        ready("c1", "read_file", "Read a", "read"),
        ready("c2", "read_file", "Read b", "read"),
        m.MessageCompleted("m1", "Let me see."),
        text_result("c1", "one"),
        ready("c3", "read_file", "Read c", "read"),
        ready("c4", "read_file", "Read d", "read"),
        text_result("c3", "three"),
        m.MessageCompleted("m2", "Seen."),
        m.TurnCompleted("completed", USAGE, 5),
    ) == [
        "› go",
        "",
        "Let me see.",
        "● Read a",
        "  read_file",
        "● Read b",
        "  read_file",
        "  ✓ Read a · ok · 12 ms",
        "    one",
        "",
        "● Read c",
        "  read_file",
        "● Read d",
        "  read_file",
        "  ✓ Read c · ok · 12 ms",
        "    three",
        "",
        "Seen.",
        "",
        "completed · 0 requests · 10 tokens in, 5 out · 5 ms",
    ]


def test_a_diff_that_was_approved_is_not_shown_again() -> None:
    diff = m.Diff("@@ -1 +1 @@\n-a\n+b\n", 1, 1)
    story = Story()
    asked = texts(story, m.ApprovalRequested("a1", "c1", "Edit x", m.Subject(path="x", diff=diff), ("allow",)))
    assert asked[1:] == ["    x", "    @@ -1 +1 @@", "    -a", "    +b"]
    assert texts(story, m.ToolResult("c1", "edit_file", "ok", (), 3, diff=diff)) == ["  ✓ Edit x · ok · +1 −1 · 3 ms"]
    assert texts(story, m.ToolResult("c2", "edit_file", "ok", (), 3, diff=diff))[1:] == [
        "    @@ -1 +1 @@",
        "    -a",
        "    +b",
    ]


def test_a_long_command_output_keeps_its_end() -> None:
    story = Story()
    story.tell(ready("c1", "execute_command", "Run make", "execute"))
    text = "\n".join(str(n) for n in range(100))
    result = m.ToolResult("c1", "execute_command", "ok", (m.Content("text", text),), 1500, exit_code=0)
    told = texts(story, result)
    assert told[0] == "  ✓ ok · exit code 0 · 1.5 s"
    assert told[1:6] == ["    0", "    1", "    2", "    … 88 more lines", "    91"]
    assert told[-1] == "    99"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (m.Prompt((m.Block("text", "do\nthis"), m.Block("file", None, "file:///x")), "queued"), []),
        (
            m.Prompt((m.Block("text", "do\nthis"), m.Block("file", None, "file:///x")), "delivered"),
            ["› do", "› this", "› [file file:///x]"],
        ),
        (
            m.Prompt(
                (m.Block("image", None, None, "image/png"), m.Block("image", None, "file:///x", "image/gif")),
                "delivered",
            ),
            ["› [image/png]", "› [image/gif file:///x]"],
        ),
        (
            m.ToolResult(
                "c1",
                "read_file",
                "ok",
                (m.Content("text", "a.png: image/png, 640×480, 12 KB"), m.Content("image", None, "image/png")),
                12,
            ),
            ["  ✓ read_file · ok · 12 ms", "    a.png: image/png, 640×480, 12 KB"],
        ),
        (
            m.ToolResult("c1", "look", "ok", (m.Content("image", None, "image/png"),), 12),
            ["  ✓ look · ok · 12 ms", "    [image/png]"],
        ),
        (m.MessageCompleted("m1", "\n\nhello\nthere\n"), ["hello", "there"]),
        (m.MessageCompleted("m1", "half", discarded=True), ["! the answer broke off; what came of it is discarded"]),
        (
            m.RequestRetrying(2, 1500, m.Failure("rateLimit", "Too many requests")),
            ["! Too many requests; attempt 2 follows in 1.5 s"],
        ),
        (m.QuestionRequested("q1", "Which?", ("this", "that")), ["  ? Which?", "    1. this", "    2. that"]),
        (m.QuestionResolved("q1"), ["  → no answer"]),
        (m.ApprovalResolved("a1", "allowForTask", "policy"), ["  → allowed for this task (by policy)"]),
        (
            m.TodoUpdated((m.TodoItem("one", "completed"), m.TodoItem("two", "inProgress"))),
            ["  ☑ one", "  ◐ two"],
        ),
        (m.Notice("warning", "dropped temperature", "Set it to 1."), ["! dropped temperature", "  Set it to 1."]),
        (m.MessageDelta("m1", "x"), []),
    ],
)
def test_each_notification_has_its_lines(message: m.Shown, told: list[str]) -> None:
    assert texts(Story(), message) == told


def test_the_total_says_what_is_estimated_and_what_changed() -> None:
    usage = m.Usage(input_tokens=10_000, output_tokens=5, estimated=True)
    story = Story()
    story.tell(m.RequestStarted("r1"))
    story.tell(m.RequestStarted("r1"))
    story.tell(m.RequestStarted("r2"))
    files = (m.ChangedFile("a.py", "modified"),)
    assert texts(story, m.TurnCompleted("completed", usage, 61_000, 1.5, None, files)) == [
        "changed: a.py (modified)",
        "completed · 2 requests · about 10,000 tokens in, 5 out · about $1.50 · 1 min 1 s",
    ]


def test_a_failure_ends_with_advice() -> None:
    error = m.Failure("modelNotFound", "No such model", "404: nope", "Check the model id.")
    assert texts(Story(), m.TurnCompleted("failed", USAGE, 5, None, error)) == [
        "✗ No such model (modelNotFound)",
        "  404: nope",
        "  Check the model id.",
        "failed · 0 requests · 10 tokens in, 5 out · 5 ms",
    ]
