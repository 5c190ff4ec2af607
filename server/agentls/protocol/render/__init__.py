"""Renders the generated blocks of protocol.md and the TypeScript types from the models and the registry.

Pure: text in, text out (it reads the models' source through the import system, for their docstrings).
Never imported while the server runs; the I/O is `terminal/protocol_pages.py`.
"""

from agentls.protocol.render.pages import PAGES, render_pages

__all__ = ["PAGES", "render_pages"]
