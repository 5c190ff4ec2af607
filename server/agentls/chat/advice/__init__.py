"""What a user can do about a failure, one module per kind of trouble. Knows codes, servers and words; no request."""
