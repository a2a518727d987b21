"""Counters by metric, width and start of their bucket (seconds), and the ids of events counted lately (milliseconds)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table

metadata = MetaData()

buckets = Table(
    "buckets",
    metadata,
    Column("metric", String(60), primary_key=True),
    Column("width", Integer, primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(80), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("buckets_series", "metric", "width", "key", "start"),
    sqlite_with_rowid=False,
)

seen = Table(
    "seen",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("metric", String(60), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
