"""The port through which a card becomes a token, which alone is charged and kept."""

from payments.tokens.token import CardToken, HeldCard, Key, Token, Tokeniser, holds_a_number

__all__ = ["CardToken", "HeldCard", "Key", "Token", "Tokeniser", "holds_a_number"]
