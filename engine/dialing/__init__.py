"""Campaigns that run: who is called when, and what comes of each call."""
