"""Prompts: from a flow's texts to audio that Asterisk plays."""

from ivr.prompts.static import static_texts
from ivr.prompts.store import PromptStore

__all__ = ["PromptStore", "static_texts"]
