"""Keys of encrypted encodes, and what a session needs of them; how to choose again for a session that began early."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, String

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "keys",
        Column("encode_id", String(40), primary_key=True),
        Column("key_id", String(32), nullable=False, unique=True),
        Column("wrapped", LargeBinary(24), nullable=False),
        Column("master", String(16), nullable=False),
        Column("made_at", BigInteger, nullable=False),
    )
    op.add_column("sessions", Column("key_id", String(32)))
    op.add_column("sessions", Column("fit", LargeBinary))


def downgrade() -> None:
    op.drop_column("sessions", "fit")
    op.drop_column("sessions", "key_id")
    op.drop_table("keys")
