"""The rows of what comes in: films and sidecars, by upload or by path. Every function is part of a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from matinee.ingest.contract import Phase, Preparation, Upload
from matinee.ingest.tables import intakes, pieces
from matinee.runtime.clock import moment
from matinee.services.catalog.contract import Metadata


class State(StrEnum):
    """`open`: its bytes come; `preparing`: it has a job, which may have failed and can be tried again. Of the others nothing
    lies here any more: `failed` for what the film is, which is shown until someone has seen it; `canceled`; `closed`."""

    OPEN = "open"
    PREPARING = "preparing"
    FAILED = "failed"
    CANCELED = "canceled"
    CLOSED = "closed"


class Intake(Struct, frozen=True):
    """A film, or a sidecar of the film `subtitle_of`. Times are calendar milliseconds."""

    id: str
    filename: str
    size: int
    metadata: Metadata
    created_at: int
    touched_at: int
    account_id: str = ""
    key: str | None = None
    offset: int = 0
    sidecars: int = 0
    subtitle_of: str | None = None
    language: str = "und"
    publish: bool = True
    title_id: str | None = None
    job_id: str | None = None
    state: State = State.OPEN

    @property
    def whole(self) -> bool:
        return self.offset >= self.size

    @property
    def upload(self) -> Upload:
        return Upload(self.id, self.account_id, self.filename, self.size, self.offset, moment(self.created_at))

    @property
    def preparation(self) -> Preparation:
        """While its bytes still come; later its job says how far it is."""
        return Preparation(
            id=self.id,
            title_id=self.title_id or "",
            title=self.metadata.title,
            filename=self.filename,
            phase=Phase.UPLOADING,
            step="upload",
            progress=self.offset / self.size if self.size else 0.0,
            message="",
            created_at=moment(self.created_at),
            version=0,
        )


def add(connection: Connection, new: Intake) -> Intake:
    """Writes it, or answers the one that has its key already."""
    if new.key is not None and (known := by_key(connection, new.key)):
        return known
    connection.execute(insert(intakes).values(msgspec.to_builtins(new)))
    return new


def find(connection: Connection, intake_id: str) -> Intake | None:
    """The intake with this id."""
    return next(iter(_all(connection, select(intakes).where(intakes.c.id == intake_id))), None)


def by_key(connection: Connection, key: str) -> Intake | None:
    """The intake that began under this key."""
    return next(iter(_all(connection, select(intakes).where(intakes.c.key == key))), None)


def in_state(connection: Connection, *states: State) -> list[Intake]:
    """Every film and sidecar in one of these states, oldest first."""
    query = select(intakes).where(intakes.c.state.in_([state.value for state in states])).order_by(intakes.c.id)
    return _all(connection, query)


def sidecars_of(connection: Connection, film: Intake) -> list[Intake]:
    """The film's sidecars that are there whole, in the order in which they were announced."""
    query = select(intakes).where(intakes.c.subtitle_of == film.id).order_by(intakes.c.id)
    return [found for found in _all(connection, query) if found.whole]


def of_film(connection: Connection, film_id: str) -> list[str]:
    """The ids of the film and of all its sidecars, whole or not."""
    return [film_id, *connection.scalars(select(intakes.c.id).where(intakes.c.subtitle_of == film_id))]


def change(connection: Connection, intake_ids: Sequence[str], **values: Any) -> None:
    """Sets columns of intakes."""
    connection.execute(update(intakes).where(intakes.c.id.in_(intake_ids)).values(values))


def outstanding(connection: Connection) -> int:
    """Bytes that open uploads have announced and not yet sent."""
    total = func.coalesce(func.sum(intakes.c.size - intakes.c.offset), 0)
    query = select(total).where(intakes.c.state == State.OPEN.value, intakes.c.key.is_(None))
    return int(connection.scalar(query) or 0)


def piece_at(connection: Connection, upload_id: str, offset: int) -> int | None:
    """The size of the piece that counts from this offset on."""
    return connection.scalar(select(pieces.c.size).where(pieces.c.upload_id == upload_id, pieces.c.offset == offset))


def count(connection: Connection, upload: Intake, size: int, now: int) -> None:
    """Makes one more piece count."""
    connection.execute(insert(pieces).values(upload_id=upload.id, offset=upload.offset, size=size))
    change(connection, [upload.id], offset=upload.offset + size, touched_at=now)


def forget_pieces(connection: Connection, upload_ids: Sequence[str]) -> None:
    """Drops the record of uploads' pieces, whose objects are gone."""
    connection.execute(delete(pieces).where(pieces.c.upload_id.in_(upload_ids)))


def _all(connection: Connection, query: Select[Any]) -> list[Intake]:
    rows = connection.execute(query).mappings()
    return [msgspec.convert({str(name): value for name, value in row.items()}, Intake) for row in rows]
