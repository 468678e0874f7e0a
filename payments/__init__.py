"""Card capture, masking, tokens and the gateway: built by a later change.

The room is named now so that its import rules hold from the first line.
"""
