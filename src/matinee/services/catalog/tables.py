"""The catalogue's tables. Times are integer milliseconds; what a card or the gate needs stands in columns of its own."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

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
    Column("poster", Text),  # JSON of Poster, as the other two
    Column("portrait_id", String(40)),
    Column("portrait", Text),
    Column("square_id", String(40)),
    Column("square", Text),
    Column("encode_id", String(40)),
    Column("created_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("kind", String(8), nullable=False, server_default="film"),
    Column("series_id", String(40)),  # an episode's; NULL for films and series, which alone stand on shelves
    Column("season", Integer),
    Column("number", Integer),
    Column("number_to", Integer),
    Column("names", Text),  # JSON of titles by language; NULL: in the original alone
    Column("synopses", Text),  # as `names`
    Column("folded", Text),  # the titles in all languages as the studio searches them
    Index("titles_newest", "state", "series_id", "published_at", "id"),
    Index("titles_episode", "series_id", "season", "number", unique=True),
    Index("titles_state", "state", "id"),
)

encodes = Table(
    "encodes",
    metadata,
    Column("title_id", String(40), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # msgpack of Encode without its files
    Column("files", LargeBinary, nullable=False),  # msgpack of list[File]: thousands of a long film
)

# What may stand for a title, chosen or not.
artwork = Table(
    "artwork",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title_id", String(40), nullable=False, index=True),
    Column("shape", String(12), nullable=False),
    Column("image", Text, nullable=False),  # JSON of Poster
    Column("score", Float, nullable=False),
    Column("supplied", Boolean, nullable=False),
    Column("picked", Boolean, nullable=False),
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

# The languages of published titles.
languages = Table(
    "languages",
    metadata,
    Column("language", String(35), primary_key=True),
    Column("title_id", String(40), primary_key=True, index=True),
)

outbox = outbox_table(metadata)
