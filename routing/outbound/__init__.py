"""Calls out: how many are placed, to whom they may be, and what they may cost."""
