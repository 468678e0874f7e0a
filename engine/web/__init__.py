"""Web services that calls ask."""
