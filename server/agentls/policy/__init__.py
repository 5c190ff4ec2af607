"""May this happen? Rules, shell command analysis, protected files, redaction.

Pure: no I/O, no clock, no asyncio, nothing of the other rooms. It must not know what the user will answer.
Invariant: whatever it cannot prove harmless becomes a question or a refusal, never a permission.
"""
