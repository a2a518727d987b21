"""The catalogue's tables. Times are integer milliseconds; what a card or the gate needs stands in columns of its own."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from matinee.backends.sql.outbox import outbox as outbox_table

metadata = MetaData()

titles = Table(
    "titles",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("creation_key", String(255), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("synopsis", Text, nullable=False),
    Column("year", Integer),
    Column("genres", Text, nullable=False),  # JSON list of names
    Column("maturity", Integer, nullable=False),
    Column("language", String(35), nullable=False),
    Column("territories", Text, nullable=False),  # ",DE,FR,"; empty: everywhere
    Column("starts_at", BigInteger, nullable=False),  # 0: no bound
    Column("ends_at", BigInteger, nullable=False),  # rows.FOREVER: no bound
    Column("duration_ms", BigInteger, nullable=False),
    Column("poster_id", String(40)),
    Column("poster", Text),  # JSON of Poster
    Column("encode_id", String(40)),
    Column("created_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Index("titles_newest", "state", "published_at", "id"),
    Index("titles_state", "state", "id"),
    Index("titles_poster", "poster_id", "state"),
)

encodes = Table(
    "encodes",
    metadata,
    Column("title_id", String(40), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # msgpack of Encode without its files
    Column("files", LargeBinary, nullable=False),  # msgpack of list[File]: thousands of a long film
)

# The genres of published titles.
genres = Table(
    "genres",
    metadata,
    Column("slug", String(80), primary_key=True),
    Column("title_id", String(40), primary_key=True, index=True),
    Column("name", String(40), nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Index("genres_newest", "slug", "published_at", "title_id"),
)

outbox = outbox_table(metadata)
