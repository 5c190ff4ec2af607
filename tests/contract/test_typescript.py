"""The generated types under the strict compiler, with a little client that uses them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agentls.protocol.render.docs import Undocumented, model_docs
from agentls.protocol.render.shapes import UnknownShape, shape_of
from agentls.protocol.render.typescript import typescript
from agentls.protocol.wire import Wire
from tests.contract.source_tree import ROOT

CLIENT = ROOT / "client-vscode"

GOOD_CLIENT = """
import { DELIVERY, type ParamsOf, type ResultOf, type TaskNotification } from "./protocol.gen.js";

const start: ParamsOf<"agent/task/start"> = { prompt: [{ type: "text", text: "hello" }] };
const patch: ParamsOf<"agent/settings/set"> = { settings: { approval: { mode: "ask" } } };
const none: ParamsOf<"agent/settings/get"> = {};
const whole = (result: ResultOf<"agent/settings/get">): number => result.settings.approval.timeoutS;
const kind: "live" = DELIVERY["agent/message/delta"];

export function line(event: TaskNotification): string {
  switch (event.method) {
    case "agent/toolResult":
      return event.params.content.map((part) => (part.type === "text" ? part.text : part.ref)).join("");
    case "agent/approval/requested":
      return "command" in event.params.subject ? event.params.subject.command : event.params.title;
    default:
      return `${event.params.seq} ${event.method} ${event.params.part ?? 0}`;
  }
}
export const all = [start, patch, none, whole, kind];
"""
BAD_CLIENT = """
import type { ParamsOf } from "./protocol.gen.js";
export const wrong: ParamsOf<"agent/approval/respond"> = { approvalId: "a", decision: "maybe" };
"""


@pytest.fixture(scope="session")
def compiler() -> str:
    """The client's own TypeScript compiler, installed if it is not there yet."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        if os.environ.get("CI"):
            pytest.fail("node and npm are needed to check the generated types")
        pytest.skip("node is not installed: the generated types are not checked")
    script = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    if not script.is_file():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=CLIENT, capture_output=True, text=True, check=False, timeout=110
        )
        assert done.returncode == 0, done.stderr
    return str(script)


def compiled(compiler: str, folder: Path, client: str) -> subprocess.CompletedProcess[str]:
    (folder / "protocol.gen.ts").write_text(typescript(), encoding="utf-8")
    (folder / "client.ts").write_text(client, encoding="utf-8")
    options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "node16"]
    command = ["node", compiler, *options, "client.ts"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=110)


def test_the_committed_types_pass_the_strict_compiler(compiler: str) -> None:
    done = subprocess.run(
        ["node", compiler, "--noEmit", "--strict", "-p", "."],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_client_can_be_written_with_them(compiler: str, tmp_path: Path) -> None:
    done = compiled(compiler, tmp_path, GOOD_CLIENT)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_wrong_value_is_refused_by_the_compiler(compiler: str, tmp_path: Path) -> None:
    done = compiled(compiler, tmp_path, BAD_CLIENT)
    assert done.returncode != 0
    assert "'\"maybe\"' is not assignable" in done.stdout


@pytest.mark.parametrize("annotation", [bytes, tuple[int, ...], dict[int, str], set[str], Path])
def test_a_type_outside_the_subset_is_refused(annotation: object) -> None:
    with pytest.raises(UnknownShape):
        shape_of(annotation)


class Bare(Wire):
    """A model with a field that nothing is said about."""

    field: str


def test_a_field_without_a_sentence_is_refused() -> None:
    with pytest.raises(Undocumented, match=r"Bare\.field"):
        model_docs(Bare)
