"""Figures of queues, agents and skills, folded from the event log of the history.

Pure: rows in, figures out; no clock, no database. Stored reports and today's live figures are made
by the same fold (`reports.fold.Fold`) of the same rows. `docs/reports.md` has every definition.
"""
