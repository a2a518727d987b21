"""Playback's tables. Times are integer milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

from matinee.backends.sql.outbox import outbox as outbox_table

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("profile_id", String(40), nullable=False),
    Column("login", String(40), nullable=False, index=True),
    Column("title_id", String(40), nullable=False, index=True),
    Column("encode_path", String(120), nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("segment_ms", Integer, nullable=False),
    Column("renditions", LargeBinary, nullable=False),  # msgpack of the chosen list[Rendition], best first
    Column("thumbnails", LargeBinary),  # msgpack of Thumbnails
    Column("key_id", String(32)),
    Column("fit", LargeBinary),  # msgpack of rules.Fit, while its encode is not complete
    Column("territory", String(2), nullable=False),
    Column("device", String(200), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("media_expires_at", BigInteger, nullable=False),
    Column("beat_at", BigInteger, nullable=False),  # real time, which no test clock moves
    Column("ended_at", BigInteger),
    Index("sessions_open", "account_id", "ended_at"),
)

ended = Table(
    "ended",
    metadata,
    Column("cursor", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("session_id", String(40), nullable=False),
    Column("media_expires_at", BigInteger, nullable=False, index=True),
    sqlite_autoincrement=True,
)

keys = Table(
    "keys",
    metadata,
    Column("encode_id", String(40), primary_key=True),
    Column("key_id", String(32), nullable=False, unique=True),
    Column("wrapped", LargeBinary(24), nullable=False),  # AES key wrap (RFC 3394) of the 16 bytes
    Column("master", String(16), nullable=False),  # by which of the masters
    Column("made_at", BigInteger, nullable=False),
)

outbox = outbox_table(metadata)
