from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("weight", sa.Float(), nullable=False, server_default="1"))
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("memory_mb", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("disk_mb", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("launched_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("worked_ms", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("weight", sa.Float(), nullable=False, server_default="1"))


def downgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        for name in ("weight", "worked_ms", "launched_at", "disk_mb", "memory_mb"):
            batch_op.drop_column(name)
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("weight")
        batch_op.drop_column("paused")
