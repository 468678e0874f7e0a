"""Which keys a caller presses: tones in the audio, RFC 4733 events, or both, each press once."""
