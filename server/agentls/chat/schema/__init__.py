"""The tools of a request: their names and their schemas in the form an endpoint takes. Knows no tool of ours."""
