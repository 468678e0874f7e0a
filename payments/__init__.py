"""Card payments: what the caller keys, tokens for it, the gateway that charges them, the ledger.

A card's digits live in `payments.capture.digits.Digits` and nowhere else. Nothing here knows how a
call is carried.
"""
