"""Artwork of titles, in three shapes; the posters that there are become the first of it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Float, String, Text, text

revision = "0003"
down_revision = "0002"

_MOVED = """
INSERT INTO artwork (id, title_id, shape, image, score, supplied, picked)
SELECT poster_id, id, 'landscape', poster, 0, :no, :no FROM titles WHERE poster_id IS NOT NULL
"""
_CHOSEN = ("portrait", "square")


def upgrade() -> None:
    op.create_table(
        "artwork",
        Column("id", String(40), primary_key=True),
        Column("title_id", String(40), nullable=False),
        Column("shape", String(12), nullable=False),
        Column("image", Text, nullable=False),
        Column("score", Float, nullable=False),
        Column("supplied", Boolean, nullable=False),
        Column("picked", Boolean, nullable=False),
    )
    op.create_index("ix_artwork_title_id", "artwork", ["title_id"])
    for shape in _CHOSEN:
        op.add_column("titles", Column(f"{shape}_id", String(40)))
        op.add_column("titles", Column(shape, Text))
    op.drop_index("titles_poster", "titles")
    op.execute(text(_MOVED).bindparams(no=False))


def downgrade() -> None:
    op.create_index("titles_poster", "titles", ["poster_id", "state"])
    for shape in _CHOSEN:
        op.drop_column("titles", shape)
        op.drop_column("titles", f"{shape}_id")
    op.drop_table("artwork")
