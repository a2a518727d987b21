"""Sessions, the list of ended ones, and the outbox."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

revision = "0001"
down_revision = None

_COUNTER = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "sessions",
        Column("id", String(40), primary_key=True),
        Column("account_id", String(40), nullable=False),
        Column("profile_id", String(40), nullable=False),
        Column("login", String(40), nullable=False),
        Column("title_id", String(40), nullable=False),
        Column("encode_path", String(120), nullable=False),
        Column("duration_ms", BigInteger, nullable=False),
        Column("segment_ms", Integer, nullable=False),
        Column("renditions", LargeBinary, nullable=False),
        Column("territory", String(2), nullable=False),
        Column("device", String(200), nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("media_expires_at", BigInteger, nullable=False),
        Column("beat_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
    )
    op.create_index("sessions_open", "sessions", ["account_id", "ended_at"])
    op.create_index("ix_sessions_login", "sessions", ["login"])
    op.create_index("ix_sessions_title_id", "sessions", ["title_id"])
    op.create_table(
        "ended",
        Column("cursor", _COUNTER, primary_key=True, autoincrement=True),
        Column("session_id", String(40), nullable=False),
        Column("media_expires_at", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ended_media_expires_at", "ended", ["media_expires_at"])
    op.create_table(
        "outbox",
        Column("id", _COUNTER, primary_key=True, autoincrement=True),
        Column("topic", String(120), nullable=False),
        Column("key", String(255), nullable=False),
        Column("event", LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("outbox", "ended", "sessions"):
        op.drop_table(table)
