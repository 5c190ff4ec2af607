"""`python -m agentls`: the same program as the console script."""

from agentls.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
