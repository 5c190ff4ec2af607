"""The answer to `initialize`, as plain JSON.

Written out here so that the first answer need not wait for pygls to be imported; a test holds it to what
pygls computes from the registered features. The lists of our own methods come from the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agentls import __version__
from agentls.protocol.registry import NOTIFICATIONS, PROTOCOL_VERSION, REQUESTS

SERVER_NAME = "agentls"
INCREMENTAL = 2


def initialize_result(position_encoding: str, commands: Iterable[str]) -> Mapping[str, Any]:
    """The result of `initialize`."""
    return {
        "capabilities": {
            "positionEncoding": position_encoding,
            "textDocumentSync": {
                "openClose": True,
                "change": INCREMENTAL,
                "willSave": False,
                "willSaveWaitUntil": False,
                "save": True,
            },
            "executeCommandProvider": {"commands": list(commands)},
            "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
            "experimental": {
                "agent": {
                    "protocolVersion": PROTOCOL_VERSION,
                    "methods": list(REQUESTS),
                    "notifications": list(NOTIFICATIONS),
                }
            },
        },
        "serverInfo": {"name": SERVER_NAME, "version": __version__},
    }
