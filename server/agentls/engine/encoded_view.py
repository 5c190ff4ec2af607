"""The conversation as encoded messages, so that a turn costs what it adds and not what it has.

Knows no endpoint but through its dialect. Invariant: equal to encoding the whole view afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from agentls.chat.call_ids import CallIdFixer
from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.request import encode_message
from agentls.conversation.state import Item
from agentls.conversation.view import is_settled, messages_of


class EncodedView:
    def __init__(self, workspace_uri: str | None = None) -> None:
        self._workspace_uri = workspace_uri
        self._dialect: Dialect | None = None
        self._forget(DEFAULT)

    def _forget(self, dialect: Dialect) -> None:
        self._fixer = CallIdFixer(dialect)
        self._encoded: list[bytes] = []
        """The messages of the items that can no longer change: the first `_settled` ones."""
        self._settled = 0
        self._last_settled: Item | None = None

    def messages(self, items: Sequence[Item], dialect: Dialect) -> list[bytes]:
        """One JSON object per message. Best called with the items of the last call, grown."""
        count = self._settled
        is_grown = count <= len(items) and (count == 0 or items[count - 1] is self._last_settled)
        if self._dialect != dialect or not is_grown:
            self._dialect = dialect
            self._forget(dialect)
        for place in range(self._settled, len(items)):
            if not is_settled(items[place]):
                return [*self._encoded, *self._encode(items[place:], deepcopy(self._fixer), dialect)]
            self._encoded.extend(self._encode(items[place : place + 1], self._fixer, dialect))
            self._settled, self._last_settled = place + 1, items[place]
        return [*self._encoded]

    def _encode(self, items: Sequence[Item], fixer: CallIdFixer, dialect: Dialect) -> list[bytes]:
        messages = (message for item in items for message in messages_of(item, self._workspace_uri))
        return [encode_message(fixer.fix(message), dialect) for message in messages]
