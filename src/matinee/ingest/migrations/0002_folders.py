from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    with op.batch_alter_table("intakes", schema=None) as batch_op:
        batch_op.drop_index("intakes_by_film")
        batch_op.alter_column("subtitle_of", new_column_name="film_id", existing_type=sa.String(length=40))
        batch_op.alter_column("size", existing_type=sa.BigInteger(), nullable=True)
        batch_op.add_column(sa.Column("kind", sa.String(length=20), nullable=False, server_default="film"))
        batch_op.add_column(sa.Column("role", sa.String(length=20), nullable=False, server_default="main"))
        batch_op.add_column(sa.Column("protection", sa.String(length=20), nullable=False, server_default="signed"))
        batch_op.add_column(sa.Column("episode", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("described", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
    with op.batch_alter_table("intakes", schema=None) as batch_op:
        batch_op.create_index("intakes_by_film", ["film_id"], unique=False)
        batch_op.create_index("intakes_by_content", ["sha256"], unique=False)
    op.execute("UPDATE intakes SET kind = 'subtitle' WHERE film_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DELETE FROM intakes WHERE size IS NULL")
    with op.batch_alter_table("intakes", schema=None) as batch_op:
        batch_op.drop_index("intakes_by_content")
        batch_op.drop_index("intakes_by_film")
        for column in ("sha256", "described", "episode", "protection", "role", "kind"):
            batch_op.drop_column(column)
        batch_op.alter_column("size", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("film_id", new_column_name="subtitle_of", existing_type=sa.String(length=40))
    with op.batch_alter_table("intakes", schema=None) as batch_op:
        batch_op.create_index("intakes_by_film", ["subtitle_of"], unique=False)
    op.drop_table("files")
