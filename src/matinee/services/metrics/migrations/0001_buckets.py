"""Buckets and the ids of events counted lately."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "buckets",
        Column("metric", String(60), primary_key=True),
        Column("width", Integer, primary_key=True, autoincrement=False),
        Column("start", BigInteger, primary_key=True, autoincrement=False),
        Column("key", String(80), primary_key=True),
        Column("count", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("buckets_series", "buckets", ["metric", "width", "key", "start"])
    op.create_table(
        "seen",
        Column("id", String(120), primary_key=True),
        Column("metric", String(60), primary_key=True),
        Column("key", String(80), primary_key=True),
        Column("at", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seen_at", "seen", ["at"])


def downgrade() -> None:
    for table in ("seen", "buckets"):
        op.drop_table(table)
