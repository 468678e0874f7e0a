"""Payments on the running house: the site's gateway, the ledger's commands, what callers hear."""
