"""The second reader of a command line: tree-sitter's grammar of bash.

It must not know rules, nor give reasons beyond the kind of construct. It gets only printable ASCII and
tabs that the tokenizer took for plain words: a C library is no place for hostile bytes.
Invariant: silence (None) means that it found the same commands, and nothing else in the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node, Tree

_SEPARATORS: Final = frozenset({"&&", "||", ";", "|"})
_CONTAINERS: Final = frozenset({"program", "list", "pipeline"})
_WORDS: Final = frozenset({"word", "number", "raw_string", "string", "command_name"})
_OTHER_KINDS: Final = {
    "declaration_command": "declares a variable or changes the environment",
    "unset_command": "unsets a variable",
    "variable_assignment": "sets a variable",
    "variable_assignments": "sets a variable",
    "test_command": "uses a shell test",
    "negated_command": "negates a command (`!`)",
    "concatenation": "joins pieces into one word",
}
_UNKNOWN: Final = "uses shell syntax beyond plain words"
_DIFFERENT: Final = "can be read in more than one way"


def disagreement(text: str, lengths: Sequence[Sequence[int]]) -> str | None:
    """What the grammar sees that is not those commands, to follow "The command …"; None when it agrees.

    `lengths`: for each command, the length of each of its words without quotes. Raises what the library does.
    """
    tree = parse(text.encode("ascii"))
    root = tree.root_node
    if root.has_error:
        return "is not complete shell syntax"
    seen: list[list[int]] = []
    end = 0
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _CONTAINERS:
            stack.extend(reversed(node.children))
            continue
        if text[end : node.start_byte].strip(" \t"):
            return _DIFFERENT
        end = node.end_byte
        if node.type == "command":
            if (other := _other_kind(node)) is not None:
                return other
            seen.append(list(_lengths(node)))
        elif node.type not in _SEPARATORS:
            return _OTHER_KINDS.get(node.type, _UNKNOWN)
    if text[end:].strip(" \t") or seen != [list(argv) for argv in lengths]:
        return _DIFFERENT
    return None


def parse(source: bytes) -> Tree:
    """The syntax tree of printable ASCII text."""
    # Local import: the grammar is a shared library, and the server must start without it.
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language())).parse(source)


def _other_kind(command: Node) -> str | None:
    for child in command.children:
        inner = child.children[0] if child.type == "command_name" and child.child_count == 1 else child
        if inner.type not in _WORDS or inner.type == "command_name":
            return _OTHER_KINDS.get(inner.type, _UNKNOWN)
        if inner.type == "string" and any(piece.type not in {'"', "string_content"} for piece in inner.children):
            return _UNKNOWN
    return None


def _lengths(command: Node) -> Iterator[int]:
    for child in command.children:
        quotes = 2 if child.type in {"string", "raw_string"} else 0
        yield child.end_byte - child.start_byte - quotes
