"""Rehearsals at a terminal: `trunkline test` and `trunkline simulate`."""
