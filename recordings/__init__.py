"""Stereo recordings of conversations: which, where, and how Asterisk's raw file becomes a WAV.

Asterisk writes, this room finishes. It speaks to no Asterisk: the bridge starts MixMonitor, and the
end of a conversation comes in as a value.
"""
