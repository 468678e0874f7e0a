"""Messages that callers leave: kept, delivered, listed."""
