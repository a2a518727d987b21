"""Bookmarks."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        Column("profile_id", String(40), primary_key=True),
        Column("title_id", String(40), primary_key=True),
        Column("account_id", String(40), nullable=False),
        Column("position_ms", BigInteger, nullable=False),
        Column("duration_ms", BigInteger, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("forgotten", Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("bookmarks_recent", "bookmarks", ["profile_id", "at"])


def downgrade() -> None:
    op.drop_table("bookmarks")
