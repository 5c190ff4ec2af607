"""Make `.venv`, install agentls into it, and start it: `python3 server/bootstrap.py demo`.

Needs nothing but some Python 3 (it looks for 3.11 or later itself, so this file keeps to what an old one
can parse). Further arguments go to agentls. A second run finds its stamp and starts at once.
Invariant: it changes nothing outside `.venv`, but for python3-venv on a Debian machine where it is root.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
STAMP = VENV / "agentls-stamp.json"
OLDEST = (3, 11)
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python")
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "getaddrinfo failed",
    "nodename nor servname",
    "Network is unreachable",
    "Connection refused",
    "Max retries exceeded",
    "ProxyError",
    "No matching distribution found",
)
PIP_OPTIONS = ["--disable-pip-version-check", "--no-input", "--quiet"]


class BootstrapError(Exception):
    """It cannot go on; the text says why and what to do."""


def main(argv):
    """Prepare everything, then become agentls with these arguments; the exit code."""
    started = time.monotonic()
    try:
        made = prepare([])
        if made:
            say(f"ready in {time.monotonic() - started:.0f} s: {program('agentls')}")
    except BootstrapError as error:
        say(error)
        return 1
    except KeyboardInterrupt:
        return 130
    if not argv:
        say(f"installed; try: {program('agentls')} demo")
        return 0
    command = [program("agentls"), *argv]
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted
    return 1


def prepare(extras):
    """Leave `.venv` with agentls and these extras installed; True when something had to be done."""
    stamp = {"root": str(ROOT), "project": fingerprint(), "extras": sorted(extras)}
    installed = read_stamp()
    is_moved = installed.get("root", stamp["root"]) != stamp["root"]  # its scripts name the old place
    has_python = works(program("python")) and not is_moved
    if has_python:
        has_extras = set(extras) <= set(installed["extras"])
        if has_extras and installed.get("project") == stamp["project"] and Path(program("agentls")).exists():
            return False
        stamp["extras"] = sorted({*extras, *installed["extras"]})
    else:
        make_venv(find_python())
    install(stamp["extras"])
    STAMP.write_text(json.dumps(stamp))
    return True


def program(name):
    """The path of a program in the virtual environment."""
    return str(BIN / (name + SUFFIX))


def fingerprint():
    """What the installation depends on."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def read_stamp():
    """What the last run installed; no extras and nothing else when there was none."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        stamp = None
    return stamp if isinstance(stamp, dict) and isinstance(stamp.get("extras"), list) else {"extras": []}


def works(python):
    """Whether this is a Python that is new enough and starts."""
    code = f"import sys; sys.exit(0 if sys.version_info[:2] >= {OLDEST!r} else 1)"
    try:
        return subprocess.call([python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def find_python():
    """A Python of at least 3.11: the running one, else one on the PATH."""
    if sys.version_info[:2] >= OLDEST:
        return getattr(sys, "_base_executable", None) or sys.executable
    running = "{}.{}".format(*sys.version_info)
    for name in NAMES:
        path = shutil.which(name)
        if path and works(path):
            say(f"this is Python {running}; using {path}")
            return path
    raise BootstrapError(
        f"agentls needs Python 3.11 or later; this is {running} and no newer one is on the PATH.\n"
        "Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv; macOS: brew install python;"
        " Windows: winget install Python.Python.3.13) and run this again."
    )


def make_venv(python):
    """Make `.venv`, over a broken one where there is one."""
    if not has_ensurepip(python):
        add_ensurepip(python)
    say(f"making .venv with {python}")
    code, output = run([python, "-m", "venv", "--clear", str(VENV)])
    if code != 0:
        raise BootstrapError(f"the virtual environment could not be made:\n{tail(output)}")


def has_ensurepip(python):
    """Whether `python -m venv` can work: Debian ships Python without it."""
    return run([python, "-c", "import ensurepip, venv"])[0] == 0


def add_ensurepip(python):
    """Install Debian's python3-venv when we may, else say who has to."""
    _, version = run([python, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"])
    package = f"python{version.strip()}-venv"
    apt = shutil.which("apt-get")
    if apt is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise BootstrapError(
            f"{python} cannot make virtual environments.\n"
            f"Install what it lacks (Debian, Ubuntu: sudo apt-get install {package}) and run this again."
        )
    say(f"installing {package} (Debian's Python comes without it)")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run([apt, "update"], env=environment)
    code, output = run([apt, "install", "-y", "--no-install-recommends", package], env=environment)
    if code != 0 or not has_ensurepip(python):
        raise BootstrapError(f"apt-get could not install {package}:\n{tail(output)}")


def install(extras):
    """Install the clone into `.venv`, so that a change of its files takes effect without another install."""
    what = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    say("installing agentls and what it needs" + (" to be tested" if extras else "") + " (up to a minute or two)")
    code, output = run([program("python"), "-m", "pip", "install", *PIP_OPTIONS, "--editable", what])
    if code == 0:
        return
    if any(sign in output for sign in NO_NETWORK):
        raise BootstrapError(
            "the package index could not be reached, or does not have what is needed.\n"
            "Connect this machine, or name an index or proxy that you can reach (PIP_INDEX_URL, HTTPS_PROXY),"
            f" and run this again. pip said:\n{tail(output)}"
        )
    raise BootstrapError(f"pip could not install agentls:\n{tail(output)}")


def run(command, env=None):
    """Run a command to its end: its exit code, and both its streams as one text."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    )
    output, _ = process.communicate()
    return process.returncode, output.decode("utf-8", "replace")


def tail(text):
    """The last lines of a program's output, indented."""
    return "\n".join("  " + line for line in text.rstrip().splitlines()[-12:])


def say(text):
    """A progress line, on stderr: stdout belongs to agentls."""
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
