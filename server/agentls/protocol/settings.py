"""Settings of a connection: sections, defaults, and how a partial change is merged.

Knows shapes and defaults, not what they do. Invariant: what `merge_settings` returns is valid as a whole.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from agentls.protocol.values import ApprovalMode
from agentls.protocol.wire import StrictWire, Wire

Rule = Annotated[str, Field(min_length=1, max_length=1000)]
Positive = Annotated[int, Field(ge=1, le=2**53)]
Limit = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class ApprovalSettings(StrictWire):
    """What runs without asking."""

    mode: ApprovalMode = "ask"
    """`readOnly`: no edits, no commands; `ask`: both ask; `acceptEdits`: edits of unprotected files run;
    `full`: all but denied commands and protected files runs, until the connection ends."""
    allow_commands: list[Rule] = Field(default_factory=list)
    """Commands that run without asking: leading words, for example `git status`."""
    deny_commands: list[Rule] = Field(default_factory=list)
    """Commands that never run: leading words. Stronger than everything else."""
    timeout_s: Seconds = 600
    """Seconds until an unanswered approval counts as denied."""


class RetrySettings(StrictWire):
    """How often a failed request to the provider is repeated."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 4
    """Attempts in all, the first included."""
    max_wait_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 120
    """Seconds of waiting in all."""


class LimitSettings(StrictWire):
    """Where a turn stops by itself."""

    requests_per_turn: Limit = 100
    """Requests to the provider in one turn. 0: no limit."""
    cost_per_task: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """USD in one task. Absent or 0: no limit."""
    repeated_calls: Limit = 3
    """The same call with the same arguments in a row. 0: no limit."""
    malformed_calls: Limit = 3
    """Answers in a row that hold nothing but invalid calls. 0: no limit."""

    @field_validator("cost_per_task", mode="after")
    @classmethod
    def _zero_is_no_limit(cls, value: float | None) -> float | None:
        return value or None


class ReadSettings(StrictWire):
    """How much of a file one read shows."""

    max_lines: Positive = 2000
    """Lines."""
    max_line_length: Positive = 2000
    """Characters of one line."""


class CommandSettings(StrictWire):
    """How commands run."""

    timeout_s: Seconds = 120
    """Seconds, where the call names none."""
    output_bytes: Positive = 30000
    """Bytes of output the model sees; the rest is kept for `read_command_output`."""
    sandbox: Literal["auto", "required", "off"] = "auto"
    """`auto`: where there is one; `required`: no command runs without."""
    network: bool = False
    """Whether sandboxed commands reach the network."""


class ContextSettings(StrictWire):
    """How the conversation is kept inside the model's context window."""

    condense_at: Annotated[float, Field(gt=0, le=1)] = 0.85
    """Part of the context window at which the conversation is condensed."""


class ToolSettings(StrictWire):
    """Which tools the model is offered."""

    disabled: list[str] = Field(default_factory=list)
    """Names of tools that are not offered."""


class Settings(StrictWire):
    """All settings of a connection."""

    approval: ApprovalSettings = Field(default_factory=ApprovalSettings)
    """What runs without asking."""
    retry: RetrySettings = Field(default_factory=RetrySettings)
    """Repeats of failed requests."""
    limits: LimitSettings = Field(default_factory=LimitSettings)
    """Where a turn stops."""
    read: ReadSettings = Field(default_factory=ReadSettings)
    """Reading files."""
    command: CommandSettings = Field(default_factory=CommandSettings)
    """Running commands."""
    context: ContextSettings = Field(default_factory=ContextSettings)
    """The context window."""
    tools: ToolSettings = Field(default_factory=ToolSettings)
    """The tools on offer."""


class SettingsPatch(StrictWire):
    """A part of the settings: every section and every field of a section may be left out."""

    approval: ApprovalSettings | None = None
    """What runs without asking."""
    retry: RetrySettings | None = None
    """Repeats of failed requests."""
    limits: LimitSettings | None = None
    """Where a turn stops."""
    read: ReadSettings | None = None
    """Reading files."""
    command: CommandSettings | None = None
    """Running commands."""
    context: ContextSettings | None = None
    """The context window."""
    tools: ToolSettings | None = None
    """The tools on offer."""


class Found(Wire):
    """Whether something the server can use is there."""

    available: bool
    """Whether it is there."""
    detail: str
    """Which one, or why not."""


class Environment(Wire):
    """What the server found out about the machine it runs on."""

    sandbox: Found
    """The sandbox for commands."""
    ripgrep: Found
    """The fast file search; without it a slower one is used."""
    extras: dict[str, Found] = Field(default_factory=dict)
    """Optional parts, by name."""


def merge_settings(current: Settings, patch: SettingsPatch) -> Settings:
    """`current` with every field that `patch` names replaced; a list is replaced as a whole."""
    merged: dict[str, object] = {}
    for section in Settings.model_fields:
        part = getattr(patch, section)
        whole = getattr(current, section)
        if part is not None:
            whole = whole.model_copy(update={name: getattr(part, name) for name in part.model_fields_set})
        merged[section] = whole
    return Settings.model_validate(merged)
