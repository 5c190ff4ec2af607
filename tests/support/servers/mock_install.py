"""aimock, a third party's imitation of OpenAI's API: its installation from npm.

Needs node and npm on the PATH.
"""

from __future__ import annotations

import re
import shutil

from tests.support.servers.command import run
from tests.support.servers.place import Place, State

PACKAGE = "@copilotkit/aimock"
VERSION = "1.43.0"
PLACE = Place("aimock", f"aimock {VERSION}", (f"{PACKAGE}@{VERSION}",))
PROGRAM = PLACE.folder / "node_modules" / PACKAGE / "dist" / "cli.js"
OLDEST_NODE = (20, 15)


def install() -> State:
    """Leave it installed, or say why it is not."""
    state = PLACE.state()
    if state.missing is None:
        return state
    npm = shutil.which("npm")
    if npm is None or node_version() < OLDEST_NODE:
        return PLACE.lacks("it needs npm, and node {}.{} or later".format(*OLDEST_NODE))
    shutil.rmtree(PLACE.folder, ignore_errors=True)
    PLACE.folder.mkdir(parents=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    got = run([npm, "install", *quiet, "--prefix", str(PLACE.folder), *PLACE.parts], limit_s=300, cwd=PLACE.folder)
    if got.code != 0:
        return PLACE.lacks(f"npm could not install it (is the registry reachable?):\n{got.tail}")
    tried = run(["node", PROGRAM, "--help"], limit_s=30)
    if tried.code != 0:
        return PLACE.lacks(f"it does not start (exit code {tried.code}):\n{tried.tail}")
    return PLACE.finish()


def node_version() -> tuple[int, int]:
    """The version of node on the PATH; (0, 0) without one."""
    match = re.match(r"v(\d+)\.(\d+)", run(["node", "--version"], limit_s=30).output)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)
