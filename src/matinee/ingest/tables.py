from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table

metadata = MetaData()

intakes = Table(
    "intakes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(255), unique=True),
    Column("account_id", String(40), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("sidecars", Integer, nullable=False),
    Column("subtitle_of", String(40)),
    Column("language", String(35), nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("title_id", String(40)),
    Column("job_id", String(40)),
    Column("state", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Index("intakes_by_state", "state", "id"),
    Index("intakes_by_film", "subtitle_of"),
)
"""One row a film or sidecar that comes in, by upload (`key` NULL) or from a path of this machine. `state` is one of
`intake.State`."""

pieces = Table(
    "pieces",
    metadata,
    Column("upload_id", String(40), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
)
"""The pieces of an upload that count; each is an object of exactly this size."""
