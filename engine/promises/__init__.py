"""Promised callbacks, as people see them: `trunkline callbacks`, and the API behind it."""
