"""The committed pages are what the types say, and the page holds together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agentls.protocol.render import PAGES, render_pages
from agentls.protocol.render.pages import MarkersDiffer, fill
from agentls.terminal import protocol_pages
from tests.contract.page import anchor, headings, links
from tests.contract.source_tree import ROOT


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_what_the_types_say(page: str) -> None:
    current = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    assert current[page] == render_pages(current)[page], f"{page} is out of date; run: {protocol_pages.COMMAND}"


def test_every_link_of_the_page_leads_to_a_heading() -> None:
    assert set(links()) - {anchor(heading) for heading in headings()} == set()


def test_no_two_headings_have_the_same_anchor() -> None:
    counts = Counter(anchor(heading) for heading in headings())
    assert {heading: count for heading, count in counts.items() if count > 1} == {}


def test_only_what_stands_between_markers_is_touched() -> None:
    page = "by hand\n<!-- gen:a -->\nold\n<!-- /gen -->\nby hand too <!-- gen -->\n"
    wanted = "by hand\n<!-- gen:a -->\nnew \\1\n<!-- /gen -->\nby hand too <!-- gen -->\n"
    assert fill(page, {"a": "new \\1"}) == wanted
    assert fill(wanted, {"a": "new \\1"}) == wanted


@pytest.mark.parametrize(
    "page",
    ["", "<!-- gen:b -->\n<!-- /gen -->", "<!-- gen:a -->\n<!-- /gen -->\n<!-- gen:a -->\n<!-- /gen -->"],
)
def test_a_marker_that_is_missing_unknown_or_doubled_is_an_error(page: str) -> None:
    with pytest.raises(MarkersDiffer):
        fill(page, {"a": "text"})


@pytest.fixture
def stale_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    markers = (ROOT / "protocol.md").read_text(encoding="utf-8")
    (tmp_path / "protocol.md").write_text(markers.replace("| method |", "| stale |"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_names_the_page_and_the_command_and_writes_nothing(
    stale_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (stale_project / "protocol.md").read_bytes()
    assert protocol_pages.main(write=False) == 1
    assert capsys.readouterr().out == (
        "protocol.md is not what the types say; run: agentls protocol --write\n"
        "client-vscode/src/protocol.gen.ts is not what the types say; run: agentls protocol --write\n"
    )
    assert (stale_project / "protocol.md").read_bytes() == before
    assert not (stale_project / "client-vscode").exists()


def test_write_brings_the_pages_up_to_date(stale_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert protocol_pages.main(write=True) == 0
    assert protocol_pages.main(write=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote protocol.md",
        "wrote client-vscode/src/protocol.gen.ts",
        "The generated pages are up to date.",
    ]
    for page in PAGES:
        assert (stale_project / page).read_text(encoding="utf-8") == (ROOT / page).read_text(encoding="utf-8")
