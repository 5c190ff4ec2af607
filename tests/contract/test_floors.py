"""The house rules that can be read off the source: floors, who may import what, sizes, docstrings."""

from __future__ import annotations

import ast
import re

import pytest

from tests.contract.source_tree import Import, Module, dotted, modules

FLOORS = {
    "protocol": 0,
    "chat": 0,
    "conversation": 0,
    "policy": 0,
    "world": 1,
    "tools": 2,
    "engine": 3,
    "lsp": 4,
    "terminal": 4,
    "acp": 4,
    "cli": 4,
    "__main__": 4,
}
PURE = [room for room, floor in FLOORS.items() if floor == 0]
LINES_AIMED_AT, LINES_ALLOWED = 300, 400
DOCSTRING_LINES = 8


def room_of(imported: Import) -> str | None:
    """The room an import reaches, if it is one of ours."""
    parts = imported.module.split(".")
    if parts[0] != "agentls":
        return None
    if len(parts) > 1:
        return parts[1]
    return imported.name if imported.name in FLOORS else None


def our_edges() -> list[tuple[Module, Import, str]]:
    return [
        (module, imported, room)
        for module in modules()
        for imported in module.imports
        if (room := room_of(imported)) is not None
    ]


def test_every_module_stands_on_a_floor() -> None:
    assert {module.room for module in modules()} - set(FLOORS) == {"__init__"}


def test_an_import_only_goes_down() -> None:
    upward = [
        f"{module.path}:{imported.line} imports {imported.module}"
        for module, imported, room in our_edges()
        if module.room in FLOORS and FLOORS[room] > FLOORS[module.room]
    ]
    assert upward == []


def test_no_import_hides_in_a_string() -> None:
    """The registry alone imports by name, and only from its own room: its messages are loaded when first used."""
    by_name = {
        module.path
        for module in modules()
        for name, _ in module.calls()
        if re.search(r"\b(import_module|__import__)$", name)
    }
    assert by_name == {"protocol/registry.py"}


def test_rooms_of_one_floor_have_no_cycle() -> None:
    reaches = {(module.room, room) for module, _, room in our_edges() if module.room != room}
    for middle in FLOORS:
        reaches |= {(a, c) for a, b in reaches for b2, c in reaches if b == b2 == middle}
    assert sorted({room for room, other in reaches if room == other}) == []


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("protocol", r"agentls\.protocol(\..*)?"),
        ("chat", r"agentls\.chat(\..*)?"),
        ("policy", r"agentls\.policy(\..*)?"),
        ("conversation", r"agentls\.conversation(\..*)?|agentls\.protocol(\..*)?|agentls\.chat\.message"),
        ("terminal", r"agentls|agentls\.(terminal|protocol|world)(\..*)?|agentls\.lsp\.frames"),
    ],
)
def test_a_room_knows_only_what_it_may_know(room: str, allowed: str) -> None:
    beyond = [
        f"{module.path}:{imported.line} imports {imported.module}"
        for module in modules()
        for imported in module.imports
        if module.room == room
        and imported.module.split(".")[0] == "agentls"
        and not re.fullmatch(allowed, imported.module)
    ]
    assert beyond == []


@pytest.mark.parametrize(
    ("packages", "allowed"),
    [
        ({"pygls", "lsprotocol"}, r"lsp/.*"),
        ({"httpx", "httpx_aiohttp", "httpcore", "aiohttp"}, r"world/http[a-z_]*\.py"),
        ({"subprocess"}, r"world/.*"),
        ({"sqlite3"}, r"world/.*"),
        ({"rich"}, r"terminal/.*"),
        ({"tree_sitter", "tree_sitter_bash"}, r"policy/.*"),
        ({"platformdirs", "pathspec"}, r"world/.*"),
    ],
)
def test_a_package_is_imported_in_one_room_only(packages: set[str], allowed: str) -> None:
    outside = [
        f"{module.path}:{imported.line} imports {imported.module}"
        for module in modules()
        for imported in module.imports
        if imported.module.split(".")[0] in packages and not re.fullmatch(allowed, module.path)
    ]
    assert outside == []


FILE_AND_PROCESS_CALLS = re.compile(
    r"open|io\.open|os\.(open|popen|system|spawn\w+|exec\w+|posix_spawn\w*)"
    r"|.*\.(read_text|read_bytes|write_text|write_bytes)"
    r"|.*create_subprocess_(exec|shell)|.*subprocess_(exec|shell)"
)


def test_files_and_processes_are_opened_in_the_world_only() -> None:
    outside = [
        f"{module.path}:{line} calls {name}"
        for module in modules()
        for name, line in module.calls()
        if module.room != "world" and FILE_AND_PROCESS_CALLS.fullmatch(name)
    ]
    assert outside == []


OUTSIDE_WORLD = {
    "asyncio",
    "os",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "tempfile",
    "threading",
    "time",
}


def test_the_lowest_floor_is_pure() -> None:
    impure = [
        f"{module.path}:{imported.line} imports {imported.module}"
        for module in modules()
        for imported in module.imports
        if module.room in PURE
        and (
            imported.module.split(".")[0] in OUTSIDE_WORLD
            or (imported.module == "pathlib" and not (imported.name or "").startswith("Pure"))
        )
    ]
    assert impure == []


NOT_EVERYWHERE = {"fcntl", "grp", "msvcrt", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "winreg"}
NOT_EVERYWHERE_NAMES = re.compile(
    r"os\.(O_NOFOLLOW|O_DIRECTORY|O_CLOEXEC|O_NONBLOCK|pidfd_open|getuid|geteuid|killpg|setsid|fork|openpty|uname)"
    r"|signal\.(SIGKILL|SIGHUP|SIGCHLD|SIGPIPE|SIGUSR1|SIGUSR2|pidfd_send_signal)"
    r"|socket\.(AF_UNIX|SO_PEERCRED)"
)


def test_every_module_can_be_imported_on_every_system() -> None:
    imported = [
        f"{module.path}:{imported.line} imports {imported.module} without a guard"
        for module in modules()
        for imported in module.imports
        if imported.at_import and imported.module.split(".")[0] in NOT_EVERYWHERE
    ]
    named = [
        f"{module.path}:{node.lineno} uses {dotted(node)} at import"
        for module in modules()
        for node in module.evaluated_at_import()
        if isinstance(node, ast.Attribute) and NOT_EVERYWHERE_NAMES.fullmatch(dotted(node))
    ]
    assert imported + named == []


SLOW_TO_IMPORT = {"httpx", "httpx_aiohttp", "aiohttp", "tree_sitter", "tree_sitter_bash", "pathspec", "platformdirs"}


def test_the_servers_start_pays_for_no_slow_package() -> None:
    slow = [
        f"{module.path}:{imported.line} imports {imported.module} at import"
        for module in modules()
        for imported in module.imports
        if imported.at_import and imported.module.split(".")[0] in SLOW_TO_IMPORT
    ]
    assert slow == []


def test_the_pages_are_rendered_outside_the_server() -> None:
    importers = {
        module.path
        for module in modules()
        for imported in module.imports
        if imported.module.startswith("agentls.protocol.render") and not module.path.startswith("protocol/render/")
    }
    assert importers == {"terminal/protocol_pages.py"}


def test_every_module_says_what_it_is_in_a_few_lines() -> None:
    wrong = []
    for module in modules():
        text = ast.get_docstring(module.tree)
        if not text or len(text.splitlines()) > DOCSTRING_LINES:
            wrong.append(module.path)
    assert wrong == []


def test_files_stay_small() -> None:
    sizes = {module.path: len(module.text.splitlines()) for module in modules()}
    large = {path: lines for path, lines in sizes.items() if lines > LINES_AIMED_AT}
    print(f"over {LINES_AIMED_AT} lines: {large}")
    assert {path: lines for path, lines in large.items() if lines > LINES_ALLOWED} == {}
