"""What `initialize` may say, read without trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.lsp.session import Session, canonical_roots, file_path, read_session

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["agent", "protocolVersion", "events", "optOut", "host", "general", "positionEncodings", "experimental"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
KEYS = ["capabilities", "initializationOptions", "workspaceFolders", "rootUri", "rootPath", "processId", "clientInfo"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_params_give_a_session(params: dict[str, Any]) -> None:
    assert isinstance(read_session(params), Session)


def test_everything_a_client_says_is_read() -> None:
    agent = {
        "protocolVersion": 1,
        "workspaceTrusted": False,
        "events": {"optOut": ["agent/message/delta"]},
        "host": {"diagnostics": {}, "save": None},
        "provider": {"baseUrl": "x"},
    }
    params = {
        "processId": 4242,
        "clientInfo": {"name": "Editor", "version": "1"},
        "rootUri": "file:///",
        "capabilities": {"general": {"positionEncodings": ["utf-8", "utf-16"]}},
        "initializationOptions": {"agent": agent},
    }
    assert read_session(params) == Session(
        roots=(Path("/"),),
        trusted=False,
        events_wanted=True,
        opted_out=frozenset({"agent/message/delta"}),
        host=frozenset({"diagnostics"}),
        configuration={"provider": {"baseUrl": "x"}},
        capabilities=params["capabilities"],  # type: ignore[arg-type]
        parent_id=4242,
        position_encoding="utf-8",
        client_name="Editor",
    )


@pytest.mark.parametrize("version", [None, 0, True, "1", 1.0])
def test_only_a_version_opts_in(version: Any) -> None:
    assert not read_session({"initializationOptions": {"agent": {"protocolVersion": version}}}).events_wanted


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c", "/a/b c"),
        ("FILE:///a", "/a"),
        ("file://localhost/a", "/a"),
        ("file://host/a", None),
        ("file:relative", None),
        ("file:///a?query", None),
        ("file:///a%00b", None),
        ("file:///%ff", None),
        ("file://[bad/a", None),
        ("untitled:a", None),
        ("", None),
        (5, None),
    ],
)
def test_a_uri_names_a_local_path_or_nothing(uri: object, path: str | None) -> None:
    assert file_path(uri) == path


def test_a_link_and_its_target_are_one_root(tmp_path: Path) -> None:
    real = tmp_path.resolve() / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    assert canonical_roots([f"{tmp_path.as_uri()}/link", real.as_uri(), f"{real.as_uri()}/x/.."]) == (real,)


@pytest.mark.parametrize(
    ("given", "trusted"),
    [({}, True), ({"workspaceTrusted": None}, True), ({"workspaceTrusted": True}, True)]
    + [({"workspaceTrusted": odd}, False) for odd in (False, 0, 1, "false", "true", [], {})],
)
def test_what_is_neither_true_nor_absent_is_no_trust(given: dict[str, Any], trusted: bool) -> None:
    assert read_session({"initializationOptions": {"agent": given}}).trusted is trusted


def test_a_null_version_leaves_the_word_to_the_capabilities() -> None:
    experimental = {"experimental": {"agent": {"protocolVersion": 1}}}
    options = {"agent": {"protocolVersion": None}}
    assert read_session({"capabilities": experimental, "initializationOptions": options}).events_wanted
    assert not read_session({"initializationOptions": options}).events_wanted
