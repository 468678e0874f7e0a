"""The flow language: models, checker, interpreter and prompts. Knows nothing of telephony."""
