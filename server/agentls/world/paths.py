"""The gate: which file a path from the model means, and whether it lies in the workspace.

Knows nothing of ignore rules, buffers or contents. The invariant: a Place's `absolute` is inside `root` at the
time of the check, and any doubt (an error, a loop, an odd spelling) is a refusal, never the raw path (B072).
Opening repeats the check link by link (see beneath.py), so a race after this check gains nothing.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

from agentls.world.windows_names import windows_refusal

PlaceKind = Literal["file", "directory", "missing", "special"]

_PATH_LIMIT_BYTES: Final = 4096
_NAME_LIMIT_BYTES: Final = 255
_LINK_LIMIT: Final = 40
_WINDOWS: Final = os.name == "nt"

_OUTSIDE: Final = "The path is outside the workspace. Only files in the workspace folder can be used."


class PathRefused(Exception):
    """A path that no tool may touch, or that is not what the tool needs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence for the model."""


class FileMissing(PathRefused):
    """The path is fine but nothing is there."""

    @classmethod
    def at(cls, place: Place) -> FileMissing:
        """The error with the sentence that says what to do."""
        return cls(f"There is no {place.relative}. Use list_files or search_files to find what you mean.")


class FileTooLarge(PathRefused):
    """The file is longer than what is to be read of it."""


class FileChanged(Exception):
    """The file is not what was read: it changed, appeared, or is in conflict with the editor."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence for the model."""


@dataclass(frozen=True, slots=True)
class Place:
    """One path inside the workspace, resolved: what is really touched."""

    root: Path
    """The real path of the workspace folder it lies in."""
    relative: str
    """The real place below `root`, posix; "." for the root itself. Policy must judge this one."""
    absolute: Path
    """The real absolute path: no links, no dots."""
    uri: str
    """`absolute` as a file URI."""
    link_target: str | None
    """Set (to `relative`) when the path asked for went through a link; None when it is what it says."""
    named: str
    """The path below the root as it was asked for, dots removed but links kept; without links it is `relative`."""
    kind: PlaceKind
    """What was there when it was resolved; a hint only, opening checks again."""
    hard_linked: bool
    """True for a file with a second name somewhere, which may lie outside: writing asks (B075)."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The components of `relative`; empty for the root."""
        return () if self.relative == "." else tuple(self.relative.split("/"))


@dataclass(frozen=True, slots=True)
class Root:
    """A workspace folder: as the editor spells it, and where it really is."""

    given: str
    real: str


def open_roots(roots: Sequence[Path]) -> tuple[Root, ...]:
    """Resolve the workspace folders once; raises OSError for one that is not there."""
    return tuple(Root(os.path.abspath(root), os.path.realpath(root, strict=True)) for root in roots)  # noqa: PTH100


def locate(roots: Sequence[Root], text: str) -> Place:
    """Return the place that `text` means: relative to the first root, absolute inside a root, or a file URI.

    Nothing is expanded (`~`, `$HOME`); a URI is decoded once. Raises PathRefused.
    """
    spelled = _spelled(text)
    if not os.path.isabs(spelled):  # noqa: PTH117
        spelled = f"{roots[0].real}{os.sep}{spelled}"
    try:
        real, status = _follow_windows(spelled) if _WINDOWS else _follow(spelled)
    except _Stuck as stuck:
        # Above the roots not even the cause is told: it would say what exists there.
        inside = any(_below(root.real, stuck.at) is not None for root in roots)
        raise PathRefused(stuck.reason if inside else _OUTSIDE) from None
    for root in roots:
        relative = _below(root.real, real)
        if relative is not None:
            return _place(root, relative, real, _named(roots, spelled, relative), status)
    raise PathRefused(_OUTSIDE)


class _Stuck(Exception):
    """Resolution could not go on from the real folder `at`."""

    def __init__(self, at: str, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


def _spelled(text: str) -> str:
    """Return the path text without its URI clothes; raises PathRefused for what no file system takes."""
    if text[:5].lower() == "file:":
        text = _uri_path(text)
    if not text:
        raise PathRefused('The path is empty. Use "." for the workspace folder.')
    if "\0" in text:
        raise PathRefused("The path contains a NUL character.")
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise PathRefused("The path contains characters that are not valid Unicode.") from None
    if len(raw) > _PATH_LIMIT_BYTES:
        raise PathRefused(f"The path is longer than {_PATH_LIMIT_BYTES} bytes.")
    if any(len(name) > _NAME_LIMIT_BYTES for name in raw.split(b"/")):
        raise PathRefused(f"A name in the path is longer than {_NAME_LIMIT_BYTES} bytes.")
    if _WINDOWS and (refusal := windows_refusal(text)):
        raise PathRefused(refusal)
    return text


def _uri_path(uri: str) -> str:
    rest = uri[5:]
    if not rest.startswith("//"):
        raise PathRefused("A file URI must have the form file:///absolute/path.")
    host, slash, path = rest[2:].partition("/")
    if host.lower() not in ("", "localhost") or not slash:
        raise PathRefused("The file URI names another machine.")
    if "?" in path or "#" in path:
        raise PathRefused("A file URI has no query and no fragment.")
    try:
        decoded = "/" + unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise PathRefused("The file URI is not valid UTF-8.") from None
    if _WINDOWS and len(decoded) > 2 and decoded[2] == ":":
        return decoded[1:]
    return decoded


def _follow(path: str) -> tuple[str, os.stat_result | None]:
    """Resolve an absolute POSIX path as the kernel would; the status is None when nothing is there."""
    pending = deque(path.split("/"))
    done: list[str] = []
    status: os.stat_result | None = None
    links = 0
    while pending:
        name = pending.popleft()
        if name in ("", "."):
            continue
        here = "/" + "/".join(done)
        if name == "..":
            done = done[:-1]
            status = None
            continue
        try:
            status = os.lstat(posixpath.join(here, name))
        except FileNotFoundError:
            rest = [name, *(part for part in pending if part not in ("", "."))]
            if ".." in rest:
                raise _Stuck(here, "The path goes up from a folder that is not there. Write it without `..`.") from None
            return posixpath.join(here, *rest), None
        except (OSError, ValueError) as error:
            raise _Stuck(here, f"The path cannot be resolved ({_cause(error)}).") from None
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _LINK_LIMIT:
                raise _Stuck(here, "The path runs through too many links (a loop?).")
            target = _link_text(here, name)
            done = [] if target.startswith("/") else done
            pending.extendleft(reversed(target.split("/")))
            continue
        if pending and not stat.S_ISDIR(status.st_mode):
            raise _Stuck(here, f"{name!r} in the path is not a folder. Use list_files to see what is there.")
        done.append(name)
    real = "/" + "/".join(done)
    return real, status or _status_of(real)


def _link_text(here: str, name: str) -> str:
    try:
        return os.readlink(posixpath.join(here, name))  # noqa: PTH115
    except OSError as error:  # it was a link a moment ago: somebody is swapping
        raise _Stuck(here, f"The path cannot be resolved ({_cause(error)}).") from None


def _status_of(real: str) -> os.stat_result:
    try:
        return os.lstat(real)
    except OSError as error:
        raise _Stuck(real, f"The path cannot be resolved ({_cause(error)}).") from None


def _follow_windows(path: str) -> tuple[str, os.stat_result | None]:
    """Resolve an absolute Windows path: the real path of what exists, then the plain names that do not."""
    existing = os.path.abspath(path)  # noqa: PTH100
    rest: list[str] = []
    while True:
        try:
            real = os.path.realpath(existing, strict=True)
            return os.path.join(real, *reversed(rest)), None if rest else os.lstat(real)  # noqa: PTH118
        except FileNotFoundError:
            above, name = os.path.split(existing)
            if above == existing:
                raise _Stuck(existing, "The path cannot be resolved.") from None
            rest.append(name)
            existing = above
        except OSError as error:
            raise _Stuck(existing, f"The path cannot be resolved ({_cause(error)}).") from None


def _below(root: str, path: str) -> str | None:
    """Return `path` relative to `root` with forward slashes ("." for itself), or None when it is not below."""
    folded, prefix = os.path.normcase(path), os.path.normcase(root)
    if folded == prefix:
        return "."
    if not prefix.endswith(os.sep):
        prefix += os.sep
    if not folded.startswith(prefix):
        return None
    return path[len(prefix) :].replace(os.sep, "/")


def _named(roots: Sequence[Root], spelled: str, relative: str) -> str:
    plain = os.path.normpath(spelled)
    if plain.startswith("//"):  # POSIX keeps two leading slashes
        plain = plain[1:]
    for root in roots:
        for spelling in (root.real, root.given):
            named = _below(spelling, plain)
            if named is not None:
                return named
    return relative


def _place(root: Root, relative: str, real: str, named: str, status: os.stat_result | None) -> Place:
    absolute = Path(real)
    return Place(
        root=Path(root.real),
        relative=relative,
        absolute=absolute,
        uri=absolute.as_uri(),
        link_target=relative if named != relative else None,
        named=named,
        kind=_kind(status),
        hard_linked=status is not None and stat.S_ISREG(status.st_mode) and status.st_nlink > 1,
    )


def _kind(status: os.stat_result | None) -> PlaceKind:
    if status is None:
        return "missing"
    if stat.S_ISREG(status.st_mode):
        return "file"
    return "directory" if stat.S_ISDIR(status.st_mode) else "special"


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
