"""Reports: the event log as it is written, and the figures of today, of any time, as told."""
