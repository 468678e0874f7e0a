"""Outbound campaigns: leads, do-not-call registers, consents, and who is called next."""
