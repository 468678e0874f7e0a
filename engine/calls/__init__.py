"""One call, from its first command to its history row."""
