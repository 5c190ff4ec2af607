"""What refusals teach about an endpoint: the wordings, the lessons, and applying them to a dialect."""
