from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from matinee.backends.sql.outbox import outbox as outbox_table

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("capacity_group", String(60), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(30)),
    Column("message", Text, nullable=False),
    Column("progress", Float, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("version", BigInteger, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("weight", Float, nullable=False, default=1.0),
    Index("jobs_by_version", "version"),
    Index("jobs_by_name", "name", "id"),
    Index("jobs_by_subject", "subject", "id"),
    Index("jobs_by_state", "state", "id"),
    Index("jobs_by_end", "capacity_group", "finished_at"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("job_id", String(40), nullable=False),
    Column("position", Integer, nullable=False),
    Column("step", String(120), nullable=False),
    Column("kind", String(120), nullable=False),
    Column("capacity_group", String(60), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(30)),
    Column("message", Text, nullable=False),
    Column("progress", Float, nullable=False),
    Column("result", JSON, nullable=False),
    Column("ready_at", BigInteger),
    Column("lease", String(40), unique=True),
    Column("worker", String(120)),
    Column("lapses_at", BigInteger),
    Column("limit_at", BigInteger),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("memory_mb", Integer, nullable=False, default=0),
    Column("disk_mb", Integer, nullable=False, default=0),
    Column("launched_at", BigInteger),
    Column("worked_ms", BigInteger, nullable=False, default=0),
    Column("weight", Float, nullable=False, default=1.0),
    Column("losses", Integer, nullable=False, default=0),
    UniqueConstraint("job_id", "step", "attempt"),
    Index("tasks_waiting", "capacity_group", "state", "ready_at"),
    Index("tasks_running", "state", "lapses_at"),
)
"""One row an attempt. `lapses_at`, `limit_at`, `ready_at` and `launched_at` are real time, the others calendar time;
`worked_ms` is how long it has run as far as its worker was heard."""

changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""One row: the version of the latest change of any job."""

outbox = outbox_table(metadata)
