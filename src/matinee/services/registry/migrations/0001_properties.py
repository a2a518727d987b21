"""Properties with their versions, and operators' words on instances."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "property_version",
        Column("name", String(200), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("newest", Boolean, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("by", String(200), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("comment", String(500), nullable=False),
    )
    op.create_index("ix_property_version_newest", "property_version", ["newest"])
    op.create_table(
        "change",
        Column("one", Integer, primary_key=True, autoincrement=False),
        Column("cursor", BigInteger, nullable=False),
    )
    op.execute("INSERT INTO change (one, cursor) VALUES (1, 0)")
    op.create_table(
        "mark",
        Column("instance_id", String(100), primary_key=True),
        Column("state", String(20), nullable=False),
        Column("at", BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("mark", "change", "property_version"):
        op.drop_table(table)
