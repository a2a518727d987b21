"""Subscriptions, their periods and charges, the ledger, the outbox, and the simulated provider's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "invoice_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger_account", sa.Column("name", sa.String(length=60), nullable=False), sa.PrimaryKeyConstraint("name")
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "simulated_charge",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.String(length=60), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("card", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("challenge_id", sa.String(length=60), nullable=True),
        sa.Column("challenge", sa.String(length=10), nullable=True),
        sa.Column("return_url", sa.String(length=500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("challenge_id"),
    )
    op.create_index("ix_simulated_charge_key", "simulated_charge", ["key"], unique=False)
    op.create_index("simulated_charge_by_token", "simulated_charge", ["token", "account_id"], unique=False)

    op.create_table(
        "simulated_delivery",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_simulated_delivery_due_at", "simulated_delivery", ["due_at"], unique=False)

    op.create_table(
        "simulated_key",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("charge_id", sa.String(length=60), nullable=True),
        sa.Column("busy_since", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_simulated_key_at", "simulated_key", ["at"], unique=False)

    op.create_table(
        "simulated_token",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("behaviour", sa.String(length=40), nullable=False),
        sa.Column("brand", sa.String(length=20), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("plan_name", sa.String(length=60), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("streams", sa.Integer(), nullable=False),
        sa.Column("max_height", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("anchor_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_periods", sa.Integer(), nullable=False),
        sa.Column("paid_through", sa.BigInteger(), nullable=False),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("complimentary", sa.Boolean(), nullable=False),
        sa.Column("payment_method", sa.String(length=120), nullable=False),
        sa.Column("card", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id"),
    )
    op.create_index("ix_subscription_due_at", "subscription", ["due_at"], unique=False)

    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_at", "webhook", ["at"], unique=False)

    op.create_table(
        "ledger_line",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["ledger_account.name"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["ledger_entry.id"],
        ),
        sa.PrimaryKeyConstraint("entry_id", "position"),
    )
    op.create_index("ix_ledger_line_account", "ledger_line", ["account"], unique=False)

    op.create_table(
        "period",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_period_account_id", "period", ["account_id"], unique=False)
    op.create_index("period_by_subscription", "period", ["subscription_id", "state"], unique=False)

    op.create_table(
        "charge",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("period_id", sa.String(length=40), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payment_method", sa.String(length=120), nullable=False),
        sa.Column("card", sa.String(length=60), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("return_url", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("challenge_url", sa.String(length=700), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["period.id"],
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("period_id", "attempt"),
    )
    op.create_index("charge_by_state", "charge", ["state", "called_at"], unique=False)
    op.create_index("charge_by_subscription", "charge", ["subscription_id", "state"], unique=False)

    op.create_table(
        "request",
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("charge_id", sa.String(length=40), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_id"],
            ["charge.id"],
        ),
        sa.PrimaryKeyConstraint("key_sha256"),
    )
    op.create_index("ix_request_at", "request", ["at"], unique=False)
    counter = sa.table("invoice_counter", sa.column("id", sa.Integer), sa.column("number", sa.BigInteger))
    op.bulk_insert(counter, [{"id": 1, "number": 0}])
    chart = sa.table("ledger_account", sa.column("name", sa.String))
    names = ("assets:processor", "income:subscriptions", "liabilities:member-credit")
    op.bulk_insert(chart, [{"name": name} for name in names])
    if op.get_bind().dialect.name == "sqlite":
        _append_only("ledger_entry")
        _append_only("ledger_line")


def _append_only(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def downgrade() -> None:
    op.drop_table("request")
    op.drop_table("charge")
    op.drop_table("period")
    op.drop_table("ledger_line")
    op.drop_table("webhook")
    op.drop_table("subscription")
    op.drop_table("simulated_token")
    op.drop_table("simulated_key")
    op.drop_table("simulated_delivery")
    op.drop_table("simulated_charge")
    op.drop_table("outbox")
    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    op.drop_table("invoice_counter")
