"""The small pictures that a session's manifests name."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("sessions", Column("thumbnails", LargeBinary))


def downgrade() -> None:
    op.drop_column("sessions", "thumbnails")
