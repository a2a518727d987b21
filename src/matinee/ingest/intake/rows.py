"""The rows of what comes in: films and sidecars, by upload or by path. Every function is part of a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
import msgspec.structs
from msgspec import Struct
from sqlalchemy import Connection, Select, delete, func, insert, select, update

from matinee.ingest.contract import InSeries, Phase, Preparation, Protection, Upload
from matinee.ingest.tables import intakes, pieces
from matinee.runtime.clock import moment
from matinee.terms.finding import Finding
from matinee.terms.rendition import Role
from matinee.terms.title import Metadata

IDLE_MS = 24 * 3_600_000
"""An upload that nobody goes on with for longer is dropped."""


class State(StrEnum):
    """`open`: its bytes come; `preparing`: it has a job, which may have failed and can be tried again. Of the others nothing
    lies here any more: `failed` for what the film is, and `known` since the same bytes came in before, which are shown until
    someone has seen it; `canceled`; `closed`."""

    OPEN = "open"
    PREPARING = "preparing"
    FAILED = "failed"
    KNOWN = "known"
    CANCELED = "canceled"
    CLOSED = "closed"


class Kind(StrEnum):
    FILM = "film"
    SUBTITLE = "subtitle"
    POSTER = "poster"


class Intake(Struct, frozen=True):
    """A film, or a sidecar of the film `film_id`. Times are calendar milliseconds. `size` is None until it is told."""

    id: str
    filename: str
    size: int | None
    metadata: Metadata
    created_at: int
    touched_at: int
    account_id: str = ""
    key: str | None = None
    offset: int = 0
    kind: Kind = Kind.FILM
    sidecars: int = 0
    film_id: str | None = None
    language: str = "und"
    role: Role = Role.MAIN
    publish: bool = True
    protection: Protection = Protection.SIGNED
    episode: InSeries | None = None
    described: str = ""
    sha256: str | None = None
    title_id: str | None = None
    job_id: str | None = None
    state: State = State.OPEN
    findings: list[Finding] = []

    @property
    def whole(self) -> bool:
        return self.size is not None and self.offset >= self.size

    @property
    def expires_at(self) -> int | None:
        """When an upload is dropped that nobody goes on with; None: what is whole is kept."""
        return None if self.whole or self.state is not State.OPEN else self.touched_at + IDLE_MS

    @property
    def upload(self) -> Upload:
        return Upload(
            id=self.id,
            account_id=self.account_id,
            filename=self.filename,
            size=self.size,
            offset=self.offset,
            created_at=moment(self.created_at),
            expires_at=None if self.expires_at is None else moment(self.expires_at),
            described=self.described,
        )

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
            doing="uploading",
            progress=self.offset / self.size if self.size else 0.0,
            message="",
            created_at=moment(self.created_at),
            version=0,
        )

    @property
    def remembered(self) -> Preparation:
        """When its job is forgotten."""
        phase = Phase.PLAYABLE if self.state is State.CLOSED else Phase.CANCELED
        return msgspec.structs.replace(
            self.preparation, phase=phase, step="", doing="", progress=1.0, findings=self.findings
        )

    def known_as(self, twin: Intake | None) -> Preparation:
        """When it is known: which film it is, where that is still there."""
        named = f" as “{twin.metadata.title}”" if twin else ""
        said = f"This film is here already{named}; nothing was added."
        title_id = (twin.title_id if twin else None) or ""
        return msgspec.structs.replace(
            self.preparation, phase=Phase.KNOWN, step="", doing="", title_id=title_id, message=said
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


def of_title(connection: Connection, title_id: str) -> Intake | None:
    """The film that came in last for a title."""
    wanted = intakes.c.title_id == title_id, intakes.c.film_id.is_(None)
    return next(iter(_all(connection, select(intakes).where(*wanted).order_by(intakes.c.id.desc()).limit(1))), None)


def sidecars_of(connection: Connection, film: Intake) -> list[Intake]:
    """The film's sidecars, there or on their way, in the order in which they were announced."""
    wanted = intakes.c.film_id == film.id, intakes.c.state != State.CANCELED.value
    return _all(connection, select(intakes).where(*wanted).order_by(intakes.c.id))


def of_film(connection: Connection, film_id: str) -> list[str]:
    """The ids of the film and of all its sidecars, whole or not."""
    return [film_id, *connection.scalars(select(intakes.c.id).where(intakes.c.film_id == film_id))]


def change(connection: Connection, intake_ids: Sequence[str], **values: Any) -> None:
    """Sets columns of intakes."""
    connection.execute(update(intakes).where(intakes.c.id.in_(intake_ids)).values(values))


def outstanding(connection: Connection) -> int:
    """Bytes that open uploads have announced and not yet sent."""
    total = func.coalesce(func.sum(intakes.c.size - intakes.c.offset), 0)
    query = select(total).where(intakes.c.state == State.OPEN.value, intakes.c.key.is_(None))
    return int(connection.scalar(query) or 0)


def unfinished(connection: Connection, account_id: str, but: str = "") -> tuple[int, int]:
    """How many films of the account are being uploaded, and their bytes: announced, or there where that is not known. The
    upload `but` does not count."""
    size = func.coalesce(intakes.c.size, intakes.c.offset)
    wanted = [
        intakes.c.account_id == account_id,
        intakes.c.state == State.OPEN.value,
        intakes.c.key.is_(None),
        intakes.c.film_id.is_(None),
        intakes.c.id != but,
    ]
    number, total = connection.execute(select(func.count(), func.coalesce(func.sum(size), 0)).where(*wanted)).one()
    return int(number), int(total)


def with_content(connection: Connection, sha256: str, but: str) -> list[Intake]:
    """The films with these very bytes, newest first, without the one with the id `but`."""
    wanted = intakes.c.sha256 == sha256, intakes.c.id != but, intakes.c.film_id.is_(None)
    return _all(connection, select(intakes).where(*wanted).order_by(intakes.c.id.desc()))


def forget(connection: Connection, intake_id: str) -> None:
    """Drops the row of a film that is another's twin."""
    connection.execute(delete(intakes).where(intakes.c.id == intake_id))


def piece_at(connection: Connection, upload_id: str, offset: int) -> int | None:
    """The size of the piece that counts from this offset on."""
    return connection.scalar(select(pieces.c.size).where(pieces.c.upload_id == upload_id, pieces.c.offset == offset))


def count(connection: Connection, upload: Intake, size: int, now: int) -> None:
    """Makes one more piece count. A sidecar's keeps its film from being dropped."""
    connection.execute(insert(pieces).values(upload_id=upload.id, offset=upload.offset, size=size))
    change(connection, [upload.id], offset=upload.offset + size)
    change(connection, [upload.id, *([upload.film_id] if upload.film_id else [])], touched_at=now)


def forget_pieces(connection: Connection, upload_ids: Sequence[str]) -> None:
    """Drops the record of uploads' pieces, whose objects are gone."""
    connection.execute(delete(pieces).where(pieces.c.upload_id.in_(upload_ids)))


def _all(connection: Connection, query: Select[Any]) -> list[Intake]:
    rows = connection.execute(query).mappings()
    return [msgspec.convert({str(name): value for name, value in row.items()}, Intake) for row in rows]
