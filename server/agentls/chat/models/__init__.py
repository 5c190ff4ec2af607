"""What a server says of its models, in whatever shape its list has. Knows no address and no key."""
