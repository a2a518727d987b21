"""The journeys of requests."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "journey",
        Column("id", String(64), primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("why", String(10), nullable=False),
        Column("status", Integer, nullable=False),
        Column("route", String(100), nullable=False),
        Column("account", String(100), nullable=False),
        Column("document", LargeBinary, nullable=False),
    )
    op.create_index("ix_journey_at", "journey", ["at", "id"])
    op.create_index("ix_journey_account", "journey", ["account", "at"])


def downgrade() -> None:
    op.drop_table("journey")
