"""The catalogue's rules: who may see a title, how it changes, what it tells others of itself. All pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from matinee.runtime.errors import Invalid, MatineeError
from matinee.services.catalog.contract import (
    Attach,
    Metadata,
    NoSuchTitle,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    Rights,
    State,
    Title,
    TooMature,
    UpdateTitle,
    slug,
)
from matinee.terms.viewer import Viewer

_METADATA = ("title", "synopsis", "year", "genres", "maturity", "language")


def may_see(title: Title, viewer: Viewer, now: datetime) -> MatineeError | None:
    """Why this viewer may not see the title now; None where it may. Queries state the same in `shelves.GATE`."""
    rights = title.rights
    if title.state is not State.PUBLISHED or (rights.ends_at is not None and now >= rights.ends_at):
        return NoSuchTitle()
    if rights.territories and viewer.territory not in rights.territories:
        return NotInRegion()
    if rights.starts_at is not None and now < rights.starts_at:
        return NotYetAvailable(starts_at=rights.starts_at.isoformat())
    if title.metadata.maturity > viewer.maturity:
        return TooMature()
    return None


def tidied(metadata: Metadata) -> Metadata:
    """Without spaces around words, and each genre once, by its slug, as first written."""
    genres: dict[str, str] = {}
    for genre in metadata.genres:
        if name := " ".join(genre.split()):
            genres.setdefault(slug(name), name)
    return replace(metadata, title=metadata.title.strip() or metadata.title, genres=list(genres.values()))


def checked(rights: Rights) -> Rights:
    """To the millisecond, as tables keep it. Raises Invalid where the rights end before they start."""
    starts, ends = rights.starts_at, rights.ends_at
    if any(at is not None and at.tzinfo is None for at in (starts, ends)):
        raise Invalid("rights.starts_at and rights.ends_at need a time zone", field="rights")
    if starts is not None and ends is not None and ends <= starts:
        raise Invalid("rights.ends_at must be later than rights.starts_at", field="rights.ends_at")
    return Rights(rights.territories, _to_millisecond(starts), _to_millisecond(ends))


def updated(title: Title, message: UpdateTitle) -> Title:
    """The title with what the message sets. Raises Invalid where its rights make no sense."""
    values = {name: value for name in _METADATA if (value := getattr(message, name)) is not UNSET}
    rights = title.rights if message.rights is UNSET else checked(message.rights)
    return replace(title, metadata=tidied(replace(title.metadata, **values)), rights=rights)


def attached(title: Title, message: Attach) -> Title:
    """The title with this film and this poster in place of those before."""
    return replace(title, encode_id=message.encode.id, duration_ms=message.encode.duration_ms, poster=message.poster)


def published(title: Title, now: datetime) -> Title:
    """A title published again keeps its first date, so that withdrawing it does not make it new. Raises NotPlayable."""
    if title.state is State.PUBLISHED:
        return title
    if title.encode_id is None:
        raise NotPlayable
    return replace(title, state=State.PUBLISHED, published_at=title.published_at or _to_millisecond(now))


def withdrawn(title: Title) -> Title:
    """A draft stays one: nobody sees it anyway."""
    return replace(title, state=State.WITHDRAWN) if title.state is State.PUBLISHED else title


def announcement(title: Title) -> dict[str, Any]:
    """The data of every `matinee.title.*` event: the whole title in plain JSON values."""
    metadata, rights = title.metadata, title.rights
    return {
        "revision": title.revision,
        "state": title.state.value,
        "title": metadata.title,
        "synopsis": metadata.synopsis,
        "year": metadata.year,
        "genres": metadata.genres,
        "maturity": int(metadata.maturity),
        "language": metadata.language,
        "territories": sorted(rights.territories),
        "starts_at": _text(rights.starts_at),
        "ends_at": _text(rights.ends_at),
        "duration_ms": title.duration_ms,
        "poster_id": title.poster.id if title.poster else None,
        "encode_id": title.encode_id,
        "published_at": _text(title.published_at),
    }


def cursor(published_at: int, title_id: str) -> str:
    """Where a page ended: what follows it was published earlier, or then with a lesser id."""
    return f"{published_at}.{title_id}"


def place(before: str) -> tuple[int, str]:
    """The cursor's parts. Raises Invalid where it is none."""
    published_at, dot, title_id = before.partition(".")
    if not (dot and title_id and published_at.isascii() and published_at.isdigit() and len(published_at) < 19):
        raise Invalid("This is not what a page answered as `next`", field="before")
    return int(published_at), title_id


def _to_millisecond(at: datetime | None) -> datetime | None:
    return at and at.replace(microsecond=at.microsecond // 1000 * 1000)


def _text(at: datetime | None) -> str | None:
    return at and at.isoformat()
