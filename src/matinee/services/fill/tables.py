"""Fill's tables: what every appliance is to hold, and the version of the whole."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

wanted = Table(
    "wanted",
    metadata,
    Column("title_id", String(40), primary_key=True),
    Column("encode_path", String(120), nullable=False),
    Column("files", LargeBinary, nullable=False),  # msgpack of list[FillFile]
    Column("version", BigInteger, nullable=False, index=True),
)

version = Table(
    "version",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
