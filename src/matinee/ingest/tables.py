from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

intakes = Table(
    "intakes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(255), unique=True),
    Column("kind", String(20), nullable=False),
    Column("account_id", String(40), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("size", BigInteger),
    Column("offset", BigInteger, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("sidecars", Integer, nullable=False),
    Column("film_id", String(40)),
    Column("language", String(35), nullable=False),
    Column("role", String(20), nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("protection", String(20), nullable=False),
    Column("episode", JSON),
    Column("described", Text, nullable=False),
    Column("sha256", String(64)),
    Column("title_id", String(40)),
    Column("job_id", String(40)),
    Column("state", String(20), nullable=False),
    Column("findings", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Index("intakes_by_state", "state", "id"),
    Index("intakes_by_film", "film_id"),
    Index("intakes_by_content", "sha256"),
    Index("intakes_by_title", "title_id"),
)
"""One row a film or sidecar that comes in, by upload (`key` NULL) or from a path of this machine. `state` is one of
`intake.State`, `kind` of `intake.Kind`. `sha256` is known of what was taken from a path; `findings` of what was prepared, when
that is over."""

pieces = Table(
    "pieces",
    metadata,
    Column("upload_id", String(40), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
)
"""The pieces of an upload that count; each is an object of exactly this size."""

files = Table(
    "files",
    metadata,
    Column("place", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)
"""Files of this machine whose content is known: `place` is the SHA-256 of the path, which may be longer than a key. One that
still has this size and time of change is not read again."""
