"""Titles, their encodes, the genres of published ones, and the outbox."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    _titles()
    op.create_table(
        "encodes",
        Column("title_id", String(40), primary_key=True),
        Column("body", LargeBinary, nullable=False),
        Column("files", LargeBinary, nullable=False),
    )
    op.create_table(
        "genres",
        Column("slug", String(80), primary_key=True),
        Column("title_id", String(40), primary_key=True),
        Column("name", String(40), nullable=False),
        Column("published_at", BigInteger, nullable=False),
    )
    op.create_index("ix_genres_title_id", "genres", ["title_id"])
    op.create_index("genres_newest", "genres", ["slug", "published_at", "title_id"])
    op.create_table(
        "outbox",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("topic", String(120), nullable=False),
        Column("key", String(255), nullable=False),
        Column("event", LargeBinary, nullable=False),
    )


def _titles() -> None:
    op.create_table(
        "titles",
        Column("id", String(40), primary_key=True),
        Column("creation_key", String(255), nullable=False, unique=True),
        Column("state", String(12), nullable=False),
        Column("title", String(200), nullable=False),
        Column("synopsis", Text, nullable=False),
        Column("year", Integer),
        Column("genres", Text, nullable=False),
        Column("maturity", Integer, nullable=False),
        Column("language", String(35), nullable=False),
        Column("territories", Text, nullable=False),
        Column("starts_at", BigInteger, nullable=False),
        Column("ends_at", BigInteger, nullable=False),
        Column("duration_ms", BigInteger, nullable=False),
        Column("poster_id", String(40)),
        Column("poster", Text),
        Column("encode_id", String(40)),
        Column("created_at", BigInteger, nullable=False),
        Column("published_at", BigInteger),
        Column("revision", Integer, nullable=False),
    )
    op.create_index("titles_newest", "titles", ["state", "published_at", "id"])
    op.create_index("titles_state", "titles", ["state", "id"])
    op.create_index("titles_poster", "titles", ["poster_id", "state"])


def downgrade() -> None:
    for table in ("outbox", "genres", "encodes", "titles"):
        op.drop_table(table)
