"""What appliances are to hold."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "wanted",
        Column("title_id", String(40), primary_key=True),
        Column("encode_path", String(120), nullable=False),
        Column("files", LargeBinary, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
    op.create_index("ix_wanted_version", "wanted", ["version"])
    op.create_table(
        "version",
        Column("one", Integer, primary_key=True, autoincrement=False),
        Column("version", BigInteger, nullable=False),
    )
    op.execute("INSERT INTO version (one, version) VALUES (1, 0)")


def downgrade() -> None:
    for table in ("version", "wanted"):
        op.drop_table(table)
