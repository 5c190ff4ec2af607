"""What the model can do: one capability per file, its description for the model in the text file beside it.

Knows the world and what may be asked of it; must not know who called, or what was decided about approvals.
Invariant: preparing a call changes nothing, and what was prepared is what runs.
"""
