"""The catalogue's rules: who may see a title, how it changes, what it tells others of itself. All pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, to_builtins
from msgspec.structs import replace

from matinee.runtime.errors import Invalid, MatineeError
from matinee.services.catalog.contract import (
    Attach,
    EpisodeTaken,
    NoSuchTitle,
    NotADraft,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    RevisionConflict,
    TooMature,
    UpdateTitle,
)
from matinee.terms.artwork import Artwork, Shape
from matinee.terms.encode import Chapter
from matinee.terms.genre import slug
from matinee.terms.language import canonical
from matinee.terms.line import one_line
from matinee.terms.title import Episode, Kind, Metadata, Rights, State, Title, Words
from matinee.terms.viewer import Viewer

ATTACHED = 1000.0
"""The score of a poster that comes with its film."""

_METADATA = ("title", "synopsis", "year", "genres", "maturity", "language", "translations")
_GRAVEST_FIRST = (NoSuchTitle, NotInRegion, NotYetAvailable, TooMature)


def may_see(title: Title, viewer: Viewer, now: datetime) -> MatineeError | None:
    """Why this viewer may not see the title, were it alone; None where it may. Queries state the same in `shelves.GATE`."""
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


def may_see_episode(episode: Title, series: Title, viewer: Viewer, now: datetime) -> MatineeError | None:
    """As `may_see`: what stands against the series stands against its episode."""
    refusals = (may_see(title, viewer, now) for title in (series, episode))
    return min((refusal for refusal in refusals if refusal), key=_gravity, default=None)


def may_see_series(series: Title, episodes: Iterable[Title], viewer: Viewer, now: datetime) -> MatineeError | None:
    """As `may_see`: there must be one episode too that this viewer may see, or the mildest refusal of one counts."""
    refusal = may_see(series, viewer, now)
    if refusal is not None:
        return refusal
    mildest: MatineeError = NoSuchTitle()
    for episode in episodes:
        met = may_see(episode, viewer, now)
        if met is None:
            return None
        mildest = max(mildest, met, key=_gravity)
    return mildest


def tidied(metadata: Metadata) -> Metadata:
    """Without spaces around words, each genre once, by its slug, as first written, and each language by its usual tag; the
    original one is no translation."""
    genres: dict[str, str] = {}
    for genre in metadata.genres:
        if name := " ".join(genre.split()):
            genres.setdefault(slug(name), name)
    language = canonical(metadata.language)
    translations = {canonical(tag): _tidied(words) for tag, words in sorted(metadata.translations.items())}
    translations.pop(language, None)
    title = _tidied(Words(metadata.title)).title
    return replace(metadata, title=title, genres=list(genres.values()), language=language, translations=translations)


def placed(kind: Kind, episode: Episode | None) -> Episode | None:
    """An episode's place, in its shortest form. Raises Invalid where the kind and the place do not go together."""
    if (kind is Kind.EPISODE) is not (episode is not None):
        raise Invalid("An episode has a place in a series, and nothing else has one", field="episode")
    if episode is None or episode.number_to is None:
        return episode
    if episode.number_to < episode.number:
        raise Invalid("episode.number_to must not be less than episode.number", field="episode.number_to")
    return replace(episode, number_to=None) if episode.number_to == episode.number else episode


def check_free(title_id: str, wanted: Episode, others: Iterable[tuple[str, Episode]]) -> None:
    """Raises EpisodeTaken where another episode of the season has one of these numbers."""
    first, last = _numbers(wanted)
    for other_id, other in others:
        begins, ends = _numbers(other)
        if other_id != title_id and first <= ends and begins <= last:
            raise EpisodeTaken(title_id=other_id)


def checked(rights: Rights) -> Rights:
    """To the millisecond, as tables keep it. Raises Invalid where the rights end before they start."""
    starts, ends = rights.starts_at, rights.ends_at
    if any(at is not None and at.tzinfo is None for at in (starts, ends)):
        raise Invalid("rights.starts_at and rights.ends_at need a time zone", field="rights")
    if starts is not None and ends is not None and ends <= starts:
        raise Invalid("rights.ends_at must be later than rights.starts_at", field="rights.ends_at")
    return Rights(rights.territories, _to_millisecond(starts), _to_millisecond(ends))


def updated(title: Title, message: UpdateTitle) -> Title:
    """The title with what the message sets. Raises Invalid where its rights or its place make no sense, RevisionConflict where
    it would change another revision than the one meant: so a repeat is harmless."""
    values = {name: value for name in _METADATA if (value := getattr(message, name)) is not UNSET}
    rights = title.rights if message.rights is UNSET else checked(message.rights)
    changed = replace(title, metadata=tidied(replace(title.metadata, **values)), rights=rights)
    if message.episode is not UNSET:
        changed = _moved(changed, message.episode)
    if changed != title and message.revision not in {None, title.revision}:
        raise RevisionConflict(revision=title.revision)
    return changed


def attached(title: Title, message: Attach) -> Title:
    """The title with this film in place of the one before. Raises Invalid for a series."""
    if title.kind is Kind.SERIES:
        raise Invalid("A series has no film of its own: its episodes have")
    return replace(title, encode_id=message.encode.id, duration_ms=message.encode.duration_ms)


def chapters(wanted: Sequence[Chapter], duration_ms: int) -> list[Chapter]:
    """In order, with tidy names. Raises Invalid."""
    tidy = [Chapter(each.start_ms, one_line(each.title)[:200].strip()) for each in wanted]
    tidy.sort(key=lambda each: each.start_ms)
    for place, each in enumerate(tidy):
        if not each.title:
            raise Invalid("Every chapter needs a name", field="chapters")
        if not 0 <= each.start_ms < duration_ms:
            raise Invalid(f"“{each.title}” does not begin within the film", field="chapters")
        if place and tidy[place - 1].start_ms == each.start_ms:
            raise Invalid(f"“{tidy[place - 1].title}” and “{each.title}” begin at the same moment", field="chapters")
    return tidy


def poster_of(message: Attach) -> list[Artwork]:
    """The poster that comes with a film, as artwork: before any frame, after what people supplied."""
    return [Artwork(message.poster, Shape.LANDSCAPE, ATTACHED)] if message.poster else []


def published(title: Title, now: datetime) -> Title:
    """A title published again keeps its first date, so that withdrawing it does not make it new. Raises NotPlayable."""
    if title.state is State.PUBLISHED:
        return title
    if title.encode_id is None:
        raise NotPlayable
    return _shown(title, now)


def series_published(series: Title, now: datetime, *, has_published: bool) -> Title:
    """As `published`: for a series it takes an episode that is. Raises NotPlayable."""
    if not has_published:
        raise NotPlayable("A series is published with the first of its episodes")
    return series if series.state is State.PUBLISHED else _shown(series, now)


def settled(series: Title, now: datetime, *, has_published: bool) -> Title:
    """A series after a change of its episodes: shown while one is published, unless an editor withdrew it."""
    if series.state is State.DRAFT and has_published:
        return _shown(series, now)
    if series.state is State.PUBLISHED and not has_published:
        return replace(series, state=State.DRAFT)
    return series


def removable(title: Title, *, has_episodes: bool) -> Title:
    """The title, where it may be deleted. Raises NotADraft."""
    if title.state is not State.DRAFT:
        raise NotADraft
    if has_episodes:
        raise NotADraft("A series is deleted after its episodes")
    return title


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
        "portrait_id": title.portrait.id if title.portrait else None,
        "encode_id": title.encode_id,
        "published_at": _text(title.published_at),
        "kind": title.kind.value,
        "episode": title.episode and to_builtins(title.episode),
        "translations": to_builtins(metadata.translations),
    }


def folded(text: str) -> str:
    """A text as the studio compares it: without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def cursor(published_at: int, title_id: str) -> str:
    """Where a page ended: what follows it was published earlier, or then with a lesser id."""
    return f"{published_at}.{title_id}"


def place(before: str) -> tuple[int, str]:
    """The cursor's parts. Raises Invalid where it is none."""
    published_at, dot, title_id = before.partition(".")
    if not (dot and title_id and published_at.isascii() and published_at.isdigit() and len(published_at) < 19):
        raise Invalid("This is not what a page answered as `next`", field="before")
    return int(published_at), title_id


def _gravity(refusal: MatineeError) -> int:
    return next(place for place, kind in enumerate(_GRAVEST_FIRST) if isinstance(refusal, kind))


def _tidied(words: Words) -> Words:
    return replace(words, title=words.title.strip() or words.title)


def _numbers(episode: Episode) -> tuple[int, int]:
    return episode.number, episode.number if episode.number_to is None else episode.number_to


def _moved(title: Title, episode: Episode | None) -> Title:
    if title.kind is Kind.SERIES:
        if episode is not None:
            raise Invalid("A series is no episode", field="episode")
        return title
    kind = Kind.FILM if episode is None else Kind.EPISODE
    return replace(title, kind=kind, episode=placed(kind, episode))


def _shown(title: Title, now: datetime) -> Title:
    return replace(title, state=State.PUBLISHED, published_at=title.published_at or _to_millisecond(now))


def _to_millisecond(at: datetime | None) -> datetime | None:
    return at and at.replace(microsecond=at.microsecond // 1000 * 1000)


def _text(at: datetime | None) -> str | None:
    return at and at.isoformat()
