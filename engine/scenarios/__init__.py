"""Simulated contact centers: scenarios in YAML, `trunkline routing simulate`."""
