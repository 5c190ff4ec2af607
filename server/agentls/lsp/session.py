"""What the client said in `initialize`, read without trust: wrong types count as absent.

Knows the plain JSON; must not import pygls (the answer to `initialize` does not wait for it).
Invariant: never raises for any JSON object; roots are absolute real paths of file URIs, each once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_ENCODINGS = ("utf-8", "utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Session:
    """One client's opening words."""

    roots: tuple[Path, ...]
    trusted: bool
    events_wanted: bool
    """The client opted in to notifications of our own."""
    opted_out: frozenset[str]
    host: frozenset[str]
    """Reverse requests the client offers: `diagnostics`, `save`, `navigation`, `openDiff`."""
    configuration: Mapping[str, Any]
    """`initializationOptions.agent` without what this class has read; for the engine."""
    capabilities: Mapping[str, Any]
    """The client's, as sent."""
    parent_id: int | None
    position_encoding: str
    client_name: str | None


_READ_HERE = frozenset({"protocolVersion", "workspaceTrusted", "events", "host"})


def read_session(params: Mapping[str, Any]) -> Session:
    """Read the params of `initialize`."""
    capabilities = _mapping(params.get("capabilities"))
    agent = _mapping(_mapping(params.get("initializationOptions")).get("agent"))
    experimental = _mapping(_mapping(capabilities.get("experimental")).get("agent"))
    version = agent.get("protocolVersion")
    if version is None:
        version = experimental.get("protocolVersion")
    opted_out = _mapping(agent.get("events")).get("optOut")
    trusted = agent.get("workspaceTrusted")
    return Session(
        roots=read_roots(params),
        trusted=trusted is None or trusted is True,  # what is neither is not trust
        events_wanted=type(version) is int and version >= 1,
        opted_out=frozenset(name for name in _list(opted_out) if isinstance(name, str)),
        host=frozenset(name for name, offer in _mapping(agent.get("host")).items() if offer is not None),
        configuration={key: value for key, value in agent.items() if key not in _READ_HERE},
        capabilities=capabilities,
        parent_id=_parent_id(params.get("processId")),
        position_encoding=choose_encoding(_mapping(capabilities.get("general")).get("positionEncodings")),
        client_name=_text(_mapping(params.get("clientInfo")).get("name")),
    )


def read_roots(params: Mapping[str, Any]) -> tuple[Path, ...]:
    """The roots of `workspaceFolders`, else of `rootUri`, else of `rootPath`."""
    folders = params.get("workspaceFolders")
    if isinstance(folders, list):
        return canonical_roots(_mapping(folder).get("uri") for folder in folders)
    if isinstance(params.get("rootUri"), str):
        return canonical_roots([params["rootUri"]])
    path = params.get("rootPath")
    if isinstance(path, str) and path and "\0" not in path and Path(path).is_absolute():
        return (_real(path),)
    return ()


def canonical_roots(uris: Iterable[object]) -> tuple[Path, ...]:
    """Real paths of the `file:` URIs among these, without repetition (row B056)."""
    roots: dict[Path, None] = {}
    for uri in uris:
        path = file_path(uri)
        if path is not None:
            roots[_real(path)] = None
    return tuple(roots)


def file_path(uri: object) -> str | None:
    """The local path a `file:` URI names; None for another scheme, a foreign host or anything odd."""
    if not isinstance(uri, str):
        return None
    try:
        parts = urlsplit(uri)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or "\0" in path or parts.query or parts.fragment:
        return None
    if parts.netloc not in ("", "localhost"):
        if os.name != "nt":
            return None
        path = f"//{parts.netloc}{path}"
    elif os.name == "nt" and len(path) > 2 and path[0] == "/" and path[2] == ":":
        path = path[1:]
    return path if Path(path).is_absolute() else None


def choose_encoding(offered: object) -> str:
    """The first encoding offered that we know; utf-16 unless the client's list names it (row B059).

    A list without utf-16 is one that a server may not rely on: LSP makes utf-16 mandatory for clients.
    """
    names = [name for name in _list(offered) if isinstance(name, str)]
    if "utf-16" not in names:
        return "utf-16"
    return next(name for name in names if name in _ENCODINGS)


def _real(path: str) -> Path:
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return Path(os.path.normpath(path))


def _parent_id(value: object) -> int | None:
    if type(value) is not int or not 0 < value < 2**31 or value == os.getpid():
        return None
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) else None
