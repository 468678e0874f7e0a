"""Registers of numbers that are not to be called."""

OWN = "own"
"""The site's own: who asked not to be called any more is on it."""
