"""FastAGI: Asterisk connects for each call, and the engine drives it command by command."""
