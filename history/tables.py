"""The tables. A change here needs a migration beside it; a test compares the two."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

# Constraints need fixed names, or a later migration could not drop them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def json_type(*, none_as_null: bool = False) -> TypeEngine[Any]:
    """JSON, in PostgreSQL in its binary form. `none_as_null`: None is no value, not JSON's null."""
    return JSON(none_as_null).with_variant(JSONB(none_as_null), "postgresql")


contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("caller", Text),
    Column("called", Text),
    Column("flow", Text),
    Column("flow_version", Integer),
    Column("topic", Text),
    Column("language", Text),
    Column("queue", Text),
    Column("skills", json_type(), nullable=False),
    Column("agent", Text),
    Column("started_ms", BigInteger, nullable=False),
    Column("queued_ms", BigInteger),
    Column("reserved_ms", BigInteger),
    Column("ringing_ms", BigInteger),
    Column("answered_ms", BigInteger),
    Column("ended_ms", BigInteger, nullable=False),
    Column("wait_ms", BigInteger),
    Column("talk_ms", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("hangup_cause", Integer),
    Column("timeline", json_type(), nullable=False),
    Column("decisions", json_type()),
    Index(None, "started_ms"),
    Index(None, "queue", "started_ms"),
    Index(None, "agent", "started_ms"),
    Index(None, "caller", "started_ms"),
)

customers = Table(
    "customers",
    metadata,
    Column("number", Text, primary_key=True),
    Column("name", Text),
    Column("language", Text),
    Column("segment", Text),
    Column("data", json_type(), nullable=False),
)

legs = Table(
    "legs",
    metadata,
    Column(
        "contact_id",
        Text,
        ForeignKey("contacts.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("uniqueid", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("agent", Text),
    Column("started_ms", BigInteger, nullable=False),
    Column("answered_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("cause", Integer),
)

# No foreign key on contact_id: a recording is finalised while its contact may still be in the flow
# (its row comes later), and a recording found after a crash is kept even if its contact is lost.
recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("agent", Text),
    Column("path", Text),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("sample_rate", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Index(None, "contact_id"),
    Index(None, "started_ms"),
)

# No autoincrement: the next version is the one after that which its author saw, or it is refused.
flow_bundles = Table(
    "flow_bundles",
    metadata,
    Column("site", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("restores", Integer),
    Column("sha256", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
)

# No foreign key, as with recordings: a survey is answered before the contact's row is written.
surveys = Table(
    "surveys",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column("survey", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("score", Integer),
    Column("message", Text),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "survey", "question", "at_ms"),
)

# No foreign key, as with surveys. `path` is below the directory of messages.
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mailbox", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("ms", BigInteger, nullable=False),
    Column("caller", Text),
    Column("path", Text, nullable=False),
    Column("heard_ms", BigInteger),
    Index(None, "mailbox", "at_ms"),
)

# What has become of a message beside its mailbox. `outcome` is delivered, refused or given_up;
# until then `due_ms` is when it is tried again, by whichever engine comes first.
deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("outcome", Text),
)

# Callbacks that are still to be made, each with its contact's story; gone when that is over.
promises = Table(
    "promises",
    metadata,
    Column("contact_id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("story", json_type(), nullable=False),
)

_OF_AGENTS = text("agent IS NOT NULL")

# Only ever added to. The key leads with the time, by which reports read; the index is for what
# each agent was told last before that.
events = Table(
    "events",
    metadata,
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("node", Text, nullable=False),
    Column("agent", Text),
    Column("contact", Text),
    Column("queue", Text),
    Column("detail", Text),
    Column("reason", Text),
    Column("arrived_ms", BigInteger),
    Column("attended", Boolean, nullable=False),
    Column("skills", json_type(), nullable=False),
    Column("serves", json_type(), nullable=False),
    Column("by", Text),
    Index(
        None,
        "kind",
        "agent",
        "at_ms",
        sqlite_where=_OF_AGENTS,
        postgresql_where=_OF_AGENTS,
    ),
)

# Figures by quarters of an hour, of days whose events may be deleted; a row of the kind `day` for
# each such day, of the whole of it.
rolled_up = Table(
    "rolled_up",
    metadata,
    Column("since_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
    Column("figures", json_type(), nullable=False),
)

# A card payment. Amounts are in the currency's smallest unit. `handle` is the gateway's name of it;
# nothing of a card is here but its brand and last four digits.
payments = Table(
    "payments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("request_key", Text, nullable=False),
    Column("contact_id", Text),
    Column("agent", Text),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handle", Text),
    Column("brand", Text),
    Column("last4", Text),
    Column("authorised", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "site", "request_key", unique=True),
    Index(None, "created_ms"),
    Index(None, "state"),
    Index(None, "handle"),
    Index(None, "contact_id"),
)

# Each request to the gateway, written before it is sent. The id is its idempotency key; token,
# handle and amount are what it is asked again with, unchanged.
payment_attempts = Table(
    "payment_attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, ForeignKey("payments.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("operation", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("token", Text),
    Column("handle", Text),
    Column("state", Text, nullable=False),
    Column("code", Text),
    Column("advice", Text),
    Column("by", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger),
    Column("settled_ms", BigInteger),
    Index(None, "payment_id", "number", unique=True),
    Index(None, "state", "created_ms"),
)

# Who did what to a payment, and when. Only ever added to.
payment_audit = Table(
    "payment_audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text),
    Index(None, "payment_id", "at_ms"),
    Index(None, "at_ms"),
)

# Webhooks that were taken, so that one which comes again is known.
payment_notices = Table(
    "payment_notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payment_id", Text),
)
