"""Prompts as audio: made, found, recorded, listed, cleaned."""
