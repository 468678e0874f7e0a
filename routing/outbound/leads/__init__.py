"""Leads: whom a campaign calls. What follows each call, who is next, and who holds whom: pure."""
