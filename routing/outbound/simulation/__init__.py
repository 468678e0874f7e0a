"""Days of a campaign on a virtual clock, for any dialer.

`world` is what chance decides, `day` plays it, `dialers` are those who dial.
"""
