"""The tables of accounts. Times are integer milliseconds; secrets are stored as hashes only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table

from matinee.backends.sql.outbox import outbox as outbox_table

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False),
    Column("email_folded", String(762), nullable=False, unique=True),  # folding lengthens a letter to three at most
    Column("name", String(60), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("roles", String(120), nullable=False),
    Column("home_territory", String(2), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

profile = Table(
    "profile",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), ForeignKey("account.id"), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("maturity", Integer, nullable=False),
    Column("avatar", Integer, nullable=False),
    Column("pin_hash", String(255)),
)

login = Table(
    "login",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", String(40), ForeignKey("account.id"), nullable=False, index=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("device", String(200), nullable=False),
    Column("profile_id", String(40), ForeignKey("profile.id"), index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# A sign-up's account and profile do not exist until it is paid, so their ids refer to nothing yet.
signup = Table(
    "signup",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("profile_id", String(40), nullable=False),
    Column("key", String(255), nullable=False),  # the newest of its keys
    Column("state", String(10), nullable=False),
    Column("email", String(254), nullable=False),
    Column("email_folded", String(762), nullable=False, index=True),
    Column("password_hash", String(255), nullable=False),
    Column("name", String(60), nullable=False),
    Column("plan", String(60), nullable=False),
    Column("territory", String(2), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index("signup_by_state", "state", "started_at"),
)

signup_key = Table(
    "signup_key",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(128), nullable=False),
    Column("account_id", String(40), ForeignKey("signup.account_id"), nullable=False, index=True),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("subject", String(80), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Index("attempt_by_subject", "subject", "at"),
)

revocation = Table(
    "revocation",
    metadata,
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Column("login", String(40)),
    Column("account_id", String(40)),
    Column("at", BigInteger, nullable=False, index=True),
)

# One row. Whoever adds a revocation locks it first, so that cursors are seen in the order in which they were given.
revocation_end = Table(
    "revocation_end",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("cursor", BigInteger, nullable=False),
)

outbox = outbox_table(metadata)
