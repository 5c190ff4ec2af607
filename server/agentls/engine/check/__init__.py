"""The check of a provider: what it can do, step by step, and what to do where it cannot.

From the top: `run.py` carries the steps of `plan.py` out, each in its own file under `steps/`, which judges and asks
nothing itself. What it judges it gets from `probes.py`, which asks each thing once: `inquiry.py` puts one question,
`calling.py` those about tool calls, `sample.py` has their words. An answer is kept by what it says (`answer.py`) and
by how it came (`sound.py`), its tokens by `tally.py`; `outcome.py` and `verdict.py` are what goes up.
"""
