"""The journeys of requests, each as a document beside what it is looked for by."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

journey = Table(
    "journey",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("why", String(10), nullable=False),
    Column("status", Integer, nullable=False),
    Column("route", String(100), nullable=False),
    Column("account", String(100), nullable=False),
    Column("document", LargeBinary, nullable=False),  # msgpack
    Index("ix_journey_at", "at", "id"),
    Index("ix_journey_account", "account", "at"),
)
