"""The capture process: the one place where digits of a card are.

`worker` is that process, `booth` one capture in it; `keeper` starts and watches it from the engine.
They speak `messages`, none of which can carry a digit that was keyed.
"""
