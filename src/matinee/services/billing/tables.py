"""The tables of billing, and beside them the simulated provider's own. Times are integer milliseconds, money minor units."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy import UniqueConstraint as Unique

from matinee.backends.sql.outbox import outbox as outbox_table

metadata = MetaData()

# One row an account, for good. It holds the plan as it was bought, so that a new price is for new members only, and all that
# an entitlement needs, so that a play costs one read by a unique key.
subscription = Table(
    "subscription",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False, unique=True),
    Column("plan", String(60), nullable=False),
    Column("plan_name", String(60), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("streams", Integer, nullable=False),
    Column("max_height", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column(
        "anchor_at", BigInteger, nullable=False
    ),  # the start of its first period, from which all periods are counted
    Column("paid_periods", Integer, nullable=False),  # the boundary after the anchor that `paid_through` is
    Column("paid_through", BigInteger, nullable=False),
    Column("cancel_at_period_end", Boolean, nullable=False),
    Column("complimentary", Boolean, nullable=False),
    Column("payment_method", String(120), nullable=False),
    Column("card", String(60), nullable=False),
    Column("due_at", BigInteger, index=True),  # when a renewal must look at it next; none: never
)

period = Table(
    "period",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subscription_id", String(40), ForeignKey("subscription.id"), nullable=False),
    Column("account_id", String(40), nullable=False, index=True),
    Column("number", BigInteger, nullable=False, unique=True),  # the invoice's, without gaps
    Column("plan", String(60), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(8), nullable=False),
    Column("ordinal", Integer, nullable=False),  # its end is this boundary after the anchor
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("paid_at", BigInteger),
    Index("period_by_subscription", "subscription_id", "state"),
)

# One row an attempt, written before the processor is called. Without a period it only proves a card.
charge = Table(
    "charge",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subscription_id", String(40), ForeignKey("subscription.id"), nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("period_id", String(40), ForeignKey("period.id")),
    Column("attempt", Integer, nullable=False),
    Column("key", String(120), nullable=False, unique=True),  # the processor's idempotency key
    Column("payment_method", String(120), nullable=False),
    Column("card", String(60), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("present", Boolean, nullable=False),  # whether the card's owner is there to answer a challenge
    Column("return_url", String(500), nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", String(60)),
    Column("challenge_url", String(700)),
    Column("reference", String(60)),
    Column("called_at", BigInteger, nullable=False),  # real time, which no test clock moves
    Column("settled_at", BigInteger),
    Unique("period_id", "attempt"),
    Index("charge_by_state", "state", "called_at"),
    Index("charge_by_subscription", "subscription_id", "state"),
)

# What a caller's key stands for.
request = Table(
    "request",
    metadata,
    Column("key_sha256", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("charge_id", String(40), ForeignKey("charge.id")),  # none: there was nothing to charge
    Column("at", BigInteger, nullable=False, index=True),
)

ledger_account = Table("ledger_account", metadata, Column("name", String(60), primary_key=True))

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("reference", String(80), nullable=False, unique=True),  # what it books, so that nothing is booked twice
    Column("at", BigInteger, nullable=False),
)

ledger_line = Table(
    "ledger_line",
    metadata,
    Column("entry_id", String(40), ForeignKey("ledger_entry.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("account", String(60), ForeignKey("ledger_account.name"), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)

# One row. Whoever opens a period locks it first.
invoice_counter = Table(
    "invoice_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
)

outbox = outbox_table(metadata)

# The simulated provider's. It knows no subscriptions; billing reads none of these.
simulated_token = Table(
    "simulated_token",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("behaviour", String(40), nullable=False),
    Column("brand", String(20), nullable=False),
    Column("last4", String(4), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

simulated_charge = Table(
    "simulated_charge",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("key", String(120), nullable=False, index=True),  # two charges may have it, a day apart: keys are forgotten
    Column("account_id", String(60), nullable=False),
    Column("token", String(120), nullable=False),
    Column("card", String(60), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", String(60)),
    Column("challenge_id", String(60), unique=True),
    Column("challenge", String(10)),
    Column("return_url", String(500), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("simulated_charge_by_token", "token", "account_id"),
)

simulated_key = Table(
    "simulated_key",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("charge_id", String(60)),
    Column("busy_since", BigInteger),  # real time; none: answered
    Column("at", BigInteger, nullable=False, index=True),
)

simulated_delivery = Table(
    "simulated_delivery",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
)
