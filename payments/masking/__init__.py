"""What the agent may hear of a caller who keys a card: speech, and one even sound for each key.

Plain objects without clock or I/O: frames of 20 ms go in and come out (`masker.Masker`; with the
receiver that counts the keys, `line.MaskedLine`). docs/payments-masking.md has the reasons.
"""
