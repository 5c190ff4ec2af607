"""Floor 4, the LSP face: frames, lifecycle, dispatch, capabilities and merging of deltas.

The only room that imports pygls and lsprotocol. Knows method names and the client; must not know loops,
retries or the journal.
"""
