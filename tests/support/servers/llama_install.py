"""llama.cpp's server for Python, with a tiny model: its installation.

It needs a built wheel, for to compile one takes half an hour: in the folder that `AGENTLS_WHEELS` names, or beside the
project. Its packages live in an environment of their own, away from ours.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.support.servers.command import run
from tests.support.servers.place import ROOT, Place, State

VERSION = "0.3.36"
MODEL_SOURCE = Path(__file__).with_name("tiny_model.py")
PARTS = (
    f"llama-cpp-python[server]=={VERSION}",
    "gguf==0.19.0",
    # What it serves with, so that a new major version of these changes nothing here.
    "fastapi==0.165.0",
    "starlette==1.10.0",
    "starlette-context==0.3.6",
    "sse-starlette==3.7.0",
    "uvicorn==0.54.0",
)
PLACE = Place("llama", f"llama.cpp server {VERSION}", PARTS, (MODEL_SOURCE,))
MODEL = PLACE.folder / "tiny.gguf"
PYTHON = PLACE.folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
TRIAL = "import sys, llama_cpp; llama_cpp.Llama(sys.argv[1], n_ctx=64, verbose=False)('Hello', max_tokens=2)"
ILLEGAL_INSTRUCTION = (-4, 132, 0xC000001D)
"""Killed by SIGILL; the same, said by a shell; Windows' word for it."""


def install() -> State:
    """Leave the server installed and tried, or say why it is not."""
    state = PLACE.state()
    if state.missing is None or state.is_excused:
        return state
    wheels = find_wheel()
    if wheels is None:
        return PLACE.lacks(
            f"no built wheel of llama-cpp-python {VERSION}; name a folder that has one in AGENTLS_WHEELS"
        )
    shutil.rmtree(PLACE.folder, ignore_errors=True)
    PLACE.folder.mkdir(parents=True)
    made = run([sys.executable, "-m", "venv", "--without-pip", str(PYTHON.parent.parent)])
    if made.code != 0:
        return PLACE.lacks(f"its environment could not be made:\n{made.tail}")
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--disable-pip-version-check", "--no-input"]
    got = run([*pip, "--quiet", "--find-links", str(wheels), "--only-binary", "llama-cpp-python", *PARTS])
    if got.code != 0:
        return PLACE.lacks(f"pip could not install it (is the package index reachable?):\n{got.tail}")
    built = run([PYTHON, MODEL_SOURCE, MODEL], limit_s=60)
    if built.code != 0:
        return PLACE.lacks(f"the model could not be made:\n{built.tail}")
    return try_out()


def try_out() -> State:
    """Have the model say two tokens: a built wheel may not suit this processor."""
    tried = run([PYTHON, "-c", TRIAL, MODEL], limit_s=60)
    if tried.code in ILLEGAL_INSTRUCTION:
        return PLACE.finish(unusable="the built wheel uses instructions that this processor lacks")
    if tried.code != 0:
        return PLACE.lacks(f"it could not answer (exit code {tried.code}):\n{tried.tail}")
    return PLACE.finish()


def find_wheel() -> Path | None:
    """The folder that holds the built wheel, or None."""
    named = os.environ.get("AGENTLS_WHEELS")
    folder = Path(named) if named else ROOT.parent / "shared" / "wheels"
    return folder if any(folder.glob(f"llama_cpp_python-{VERSION}-*.whl")) else None
