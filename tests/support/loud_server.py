"""The real server with every log open and libraries that print: `python -m tests.support.loud_server`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

from agentls.engine.build import build_engine
from agentls.engine.engine import Engine
from agentls.engine.publisher import Publisher
from agentls.lsp.main import serve


def build(publisher: Publisher, environment: Mapping[str, str]) -> Engine:
    print("a library prints")
    os.write(1, b"a C library prints\n")
    sys.stdout.flush()
    os.system("echo a child prints")
    logging.getLogger().setLevel(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return build_engine(publisher, environment)


if __name__ == "__main__":
    sys.exit(serve(os.environ, build=build))
