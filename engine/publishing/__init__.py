"""Versions of the flows: published, compared, taken over, made ready to run."""
