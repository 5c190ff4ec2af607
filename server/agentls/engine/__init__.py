"""The engine: decide, act, record, publish. Knows no JSON-RPC, no httpx and no paths."""
