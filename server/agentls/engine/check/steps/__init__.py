"""The steps of a check, one file each: `judge(probes)` says how it ended."""
