"""One row a profile and title. Times are integer milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table

metadata = MetaData()

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("profile_id", String(40), primary_key=True),
    Column("title_id", String(40), primary_key=True),
    Column("account_id", String(40), nullable=False),
    Column("position_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("forgotten", Boolean, nullable=False),  # `at` still says which repeats come too late
    Index("bookmarks_recent", "profile_id", "at"),
    sqlite_with_rowid=False,
)
