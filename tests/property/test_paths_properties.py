"""The path gate against an oracle: the kernel itself, on a real tree of folders, files and links."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentls.world.buffers import NoBuffers
from agentls.world.files import Workspace
from agentls.world.paths import PathRefused
from agentls.world.replace import read_regular

NAMES = ["a", "b", "c"]
STEPS = [*NAMES, "..", "."]

name = st.sampled_from(NAMES)
path = st.lists(st.sampled_from(STEPS), min_size=1, max_size=5).map("/".join)
folder = st.lists(name, max_size=3).map("/".join)
link_target = st.one_of(
    path,
    path.map(lambda text: f"{{root}}/{text}"),
    path.map(lambda text: f"{{outside}}/{text}"),
    st.sampled_from(["/", "{root}", "{outside}", "../outside/a"]),
)
entry = st.one_of(
    st.tuples(st.just("file"), folder, name, st.just("")),
    st.tuples(st.just("folder"), folder, name, st.just("")),
    st.tuples(st.just("link"), folder, name, link_target),
)
tree = st.lists(entry, max_size=10)
asked = st.one_of(
    path,
    path.map(lambda text: f"{{root}}/{text}"),
    path.map(lambda text: f"{{outside}}/{text}"),
    path.map(lambda text: f"file://{{root}}/{text}"),
)


def build(root: Path, outside: Path, entries: list[tuple[str, str, str, str]]) -> None:
    """Make what can be made; an entry that finds its place taken, or no place, is left out."""
    for kind, where, last, target in entries:
        at = root / where / last
        try:
            if not at.parent.resolve().is_relative_to(root):
                continue
            at.parent.mkdir(parents=True, exist_ok=True)
            if kind == "file":
                with at.open("x") as file:
                    file.write(f"inside {os.path.realpath(at)}")
            elif kind == "folder":
                at.mkdir()
            else:
                at.symlink_to(target.format(root=root, outside=outside))
        except (OSError, RuntimeError):
            continue


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=tree, questions=st.lists(asked, min_size=1, max_size=8))
def test_the_gate_opens_exactly_what_the_kernel_finds_inside(
    entries: list[tuple[str, str, str, str]], questions: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as base:
        root, outside = Path(base).resolve() / "root", Path(base).resolve() / "outside"
        root.mkdir()
        (outside / "a").mkdir(parents=True)
        (outside / "b").write_text("outside")
        build(root, outside, entries)
        workspace = Workspace([root], NoBuffers())
        for question in questions:
            text = question.format(root=root, outside=outside)
            plain = text.removeprefix("file://")
            spelled = plain if plain.startswith("/") else f"{root}/{plain}"
            try:
                real = os.path.realpath(spelled, strict=True)
                os.stat(spelled)  # noqa: PTH116 - a Path would drop the last dot of "a/."
            except OSError:
                real = None
            try:
                place = workspace.resolve(text)
            except PathRefused:
                place = None
            if real is not None:
                inside = Path(real).is_relative_to(root)
                assert (place is not None) == inside
                assert place is None or str(place.absolute) == real
            if place is None:
                continue
            assert place.absolute.is_relative_to(root)
            assert os.path.realpath(place.absolute) == str(place.absolute)
            if place.kind == "file":
                assert read_regular(str(place.root), place.parts, 1000).data == Path(spelled).read_bytes()
