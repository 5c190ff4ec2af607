"""Bytes from an OpenAI-compatible endpoint become events; a conversation becomes a request body.

Pure: no I/O, no clock, no asyncio, and nothing of the other rooms is imported.
"""
