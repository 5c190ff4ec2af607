"""The terminal face: a client of the stdio protocol that runs one turn and shows it.

It knows the wire and the terminal, and nothing of the engine: the server is a child process.
Invariant: the process stays small; no pygls, no pydantic, no httpx, and rich only to draw on a real terminal.
"""
