"""Series and their episodes, and words in several languages."""

from __future__ import annotations

import unicodedata

from alembic import op
from sqlalchemy import Column, Integer, String, Text, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("titles", Column("kind", String(8), nullable=False, server_default="film"))
    op.add_column("titles", Column("series_id", String(40)))
    for name in ("season", "number", "number_to"):
        op.add_column("titles", Column(name, Integer))
    for name in ("names", "synopses", "folded"):
        op.add_column("titles", Column(name, Text))
    op.drop_index("titles_newest", "titles")
    op.create_index("titles_newest", "titles", ["state", "series_id", "published_at", "id"])
    op.create_index("titles_episode", "titles", ["series_id", "season", "number"], unique=True)
    op.create_table(
        "languages",
        Column("language", String(35), primary_key=True),
        Column("title_id", String(40), primary_key=True),
    )
    op.create_index("ix_languages_title_id", "languages", ["title_id"])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    rows = connection.execute(text("SELECT id, title, language, state FROM titles")).all()
    for row in rows:
        plain = unicodedata.normalize("NFKD", row.title).casefold()
        folded = "".join(letter for letter in plain if not unicodedata.combining(letter))
        connection.execute(text("UPDATE titles SET folded = :folded WHERE id = :id"), {"folded": folded, "id": row.id})
        if row.state == "published":
            known = {"language": row.language, "id": row.id}
            connection.execute(text("INSERT INTO languages (language, title_id) VALUES (:language, :id)"), known)


def downgrade() -> None:
    op.drop_table("languages")
    op.execute("DELETE FROM titles WHERE kind <> 'film'")
    op.drop_index("titles_episode", "titles")
    op.drop_index("titles_newest", "titles")
    op.create_index("titles_newest", "titles", ["state", "published_at", "id"])
    for name in ("kind", "series_id", "season", "number", "number_to", "names", "synopses", "folded"):
        op.drop_column("titles", name)
