"""Prompts: from a flow's texts to audio that Asterisk plays."""
