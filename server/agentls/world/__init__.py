"""Floor 1: one adapter per outside thing (http, files, processes, journal, clock, ids).

Knows operating system and libraries; knows nothing of tools, the loop or the editor.
"""
