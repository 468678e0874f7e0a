"""The tables of outbound calls: lists of leads, attempts, do-not-call registers, consents.

A change here needs a migration beside it; a test compares the two. Numbers are E.164, times are
Unix epoch milliseconds.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, text

from history.tables import json_type, metadata

__all__ = [
    "attempts",
    "call_sums",
    "campaign_orders",
    "consents",
    "dialing_nodes",
    "do_not_call",
    "evidence_exports",
    "lead_counter",
    "lead_imports",
    "lead_lists",
    "lead_numbers",
    "leads",
    "list_facets",
    "metadata",
    "refusals",
    "registers",
    "summed_days",
]

# Ids of leads are given out by the block, in the transaction that uses them. They are never used
# again: the attempts of a lead outlive it.
lead_counter = Table(
    "lead_counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# `changed_ms`: when leads last came to be callable that were not, which hoppers watch.
lead_lists = Table(
    "lead_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Index(None, "site", "name", unique=True),
)

READY = text("state = 'ready'")
"""A query uses the hopper's index only where it says so in these very words."""
_LEASED = text("lease_until_ms IS NOT NULL")

# `part`: of a country, as the lead says. `place`: country, or that part of it, and time zones in
# which the next number may be. `rank`: who comes first, the
# smaller first: 0 is a time that a person was promised, by `agent` if it is not null. `position`
# is the number that is next, `last_ms` when any was called last. `refused`: why the law did not
# permit the last call that was not made.
leads = Table(
    "leads",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("list_id", Integer, ForeignKey("lead_lists.id"), nullable=False),
    Column("external_id", Text),
    Column("name", Text),
    Column("language", Text),
    Column("zone", Text),
    Column("part", Text),
    Column("priority", Integer, nullable=False),
    Column("data", json_type(), nullable=False),
    Column("state", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_ms", BigInteger),
    Column("recycled", Integer, nullable=False),
    Column("agent", Text),
    Column("why", Text),
    Column("disposition", Text),
    Column("last_result", Text),
    Column("lease_by", Text),
    Column("lease_until_ms", BigInteger),
    Column("attempt_id", Text),
    Column("refused", json_type()),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "list_id", "external_id", unique=True),
    Index(
        "ix_leads_hopper",
        "list_id",
        "rank",
        "tries",
        "id",
        sqlite_where=READY,
        postgresql_where=READY,
    ),
    Index(None, "lease_until_ms", sqlite_where=_LEASED, postgresql_where=_LEASED),
    # How the leads of a list stand is counted without a look at each.
    Index("ix_leads_standing", "list_id", "state", "why", "disposition", "last_result"),
)

# `best` is when to call it, as `routing.outbound.leads.besttime` writes it. `closed` says why it
# is not called any more, `results` how often it ended how, `due_ms` that it is not called before.
lead_numbers = Table(
    "lead_numbers",
    metadata,
    Column("lead_id", BigInteger, ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("list_id", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("best", Text),
    Column("tries", Integer, nullable=False),
    Column("last_ms", BigInteger),
    Column("results", json_type(), nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("closed", Text),
    Index(None, "list_id", "number", unique=True),
)

_OPEN = text("result IS NULL")
_LEFT = text("left_ms IS NOT NULL")

# Written before the number is dialled; `result` comes with the end. No foreign key: it is evidence,
# and outlives its lead. `left_ms`: when another node has ended it, as its engine was lost; it may
# still be up in that engine's Asterisk, until that engine says otherwise.
attempts = Table(
    "dial_attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("list_id", Integer, nullable=False),
    Column("lead_id", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("agent", Text),
    Column("contact_id", Text),
    Column("begun_ms", BigInteger, nullable=False),
    Column("answered_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("result", Text),
    Column("disposition", Text),
    Column("evidence", json_type(), nullable=False),
    Column("caller_id", Text),
    Column("trunk", Text),
    Column("left_ms", BigInteger),
    Column("said", json_type(none_as_null=True)),
    Index(None, "number", "begun_ms"),
    Index(None, "lead_id", "begun_ms"),
    # What is counted of calls: their rows, of which evidence is the most, need not be read.
    Index(
        "ix_dial_attempts_counted",
        *("campaign", "begun_ms", "result", "answered_ms", "agent", "disposition", "list_id"),
        *("node", "caller_id", "site", "id"),
    ),
    Index("ix_dial_attempts_shown", "site", "caller_id", "begun_ms"),
    Index("ix_dial_attempts_open", "node", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_dial_attempts_left", "node", sqlite_where=_LEFT, postgresql_where=_LEFT),
)

RESULTS = (
    *("answered", "machine", "busy", "no_answer", "failed", "invalid", "fax", "intercept"),
    *("lost", "unknown"),
)
"""How a call may have ended."""
SUMS = ("calls", *RESULTS, "talks", "timed", "talk_ms", "wrap_ups", "wrap_up_ms")

# What became of calls that were begun in a quarter of an hour (its number since the epoch), `by`
# campaign, list, agent and disposition, of days (UTC) that are over and are in `summed_days`. A day
# is entered before it is counted, by whoever is `counting` it until its sums are there. It is taken
# out when something is told of it, and is summed anew.
call_sums = Table(
    "dial_sums",
    metadata,
    Column("site", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("quarter", BigInteger, primary_key=True, autoincrement=False),
    Column("campaign", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in SUMS),
)
summed_days = Table(
    "dial_summed_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("site", Text, primary_key=True),
    Column("counting", Text),
)

# In force from `since_ms` until `until_ms`; what was taken out stays, as evidence. `register` is
# the list that it is on, `source` how it came: own, imported, api. `seen_ms`: when it came last.
do_not_call = Table(
    "do_not_call",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("register", Text, primary_key=True),
    Column("since_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("until_ms", BigInteger),
    Column("seen_ms", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text),
    Column("removed_by", Text),
)

# When a register was last brought in, which the law may ask for.
registers = Table(
    "registers",
    metadata,
    Column("site", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("imported_ms", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("given_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("withdrawn_source", Text),
    Column("withdrawn_by", Text),
)

# What somebody said of a campaign last; it holds while the site's file says what it said then.
campaign_orders = Table(
    "campaign_orders",
    metadata,
    Column("site", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("paused_in_file", Boolean, nullable=False),
)

# How often a rule of law did not permit a call, by the site's days.
refusals = Table(
    "dial_refusals",
    metadata,
    Column("site", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("refusals", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)

# The nodes that dial, when they last said so, and what they said: limits and budgets are parted
# among them. `said`: `knows`, the nodes with which it shares, and `claims` of trunks' limits.
dialing_nodes = Table(
    "dialing_nodes",
    metadata,
    Column("site", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
    Column("said", json_type()),
)

# Who had the evidence of a campaign's calls, and when; written before it is read, and never
# deleted. `number`: only calls to it. `target` is the file, or `-`, `sha256` of what was written.
evidence_exports = Table(
    "evidence_exports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("number", Text),
    Column("form", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("calls", BigInteger),
    Column("sha256", Text),
    Column("done_ms", BigInteger),
    Index(None, "at_ms"),
)

# What the leads of a list have: places, and names of fields. Asked of the leads themselves it would
# take a look at each.
list_facets = Table(
    "list_facets",
    metadata,
    Column("list_id", Integer, ForeignKey("lead_lists.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
)

# How far an import has come, written with the leads of each of its pieces.
lead_imports = Table(
    "lead_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", Integer, ForeignKey("lead_lists.id"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger),
    Column("rows", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("joined", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("told_bytes", json_type(), nullable=False),
    Index(None, "list_id", "fingerprint"),
)
