"""Outbound campaigns: lists of leads, do-not-call lists and consents, the law, who is called."""
