"""Calls played on a virtual clock: what a flow's tests and the simulator run. No I/O.

`Given` says how the outside answers, `RehearsedCall` plays one call, `play` runs a written test.
"""
