"""The registry's tables: the versions of properties, and operators' words on instances. Leases are in memory."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

property_version = Table(
    "property_version",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("newest", Boolean, nullable=False, index=True),
    Column("value", LargeBinary, nullable=False),  # JSON
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", String(500), nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("cursor", BigInteger, nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("instance_id", String(100), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
)
