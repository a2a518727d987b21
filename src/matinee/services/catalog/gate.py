"""The gate for one title, with its reason. A film takes one query; an episode one more for its series and one for what
follows it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from matinee.runtime.errors import MatineeError
from matinee.services.catalog import rows, rules, series, shelves
from matinee.services.catalog.contract import Allowed, AllowQuery, Described, NoSuchTitle, NotPlayable
from matinee.terms.encode import Encode
from matinee.terms.title import Kind, Title, worded
from matinee.terms.viewer import Role


def describe(connection: Connection, asked: AllowQuery, now: datetime) -> Described:
    """The title, where the viewer may see it. Raises NoSuchTitle, NotInRegion, NotYetAvailable, TooMature."""
    title, encode, around = _seen(connection, asked, now)
    if encode is None and title.kind is not Kind.SERIES and not _previews(asked):
        raise NoSuchTitle
    return Described(title, encode, _name(around, asked))


def allow(connection: Connection, asked: AllowQuery, now: datetime) -> Allowed:
    """As `describe`, with its film and what follows it. Raises NotPlayable too."""
    title, encode, around = _seen(connection, asked, now)
    if title.kind is Kind.SERIES:
        raise NotPlayable("A series has no film of its own: play one of its episodes")
    if encode is None:
        raise NotPlayable("This title has no film yet") if _previews(asked) else NoSuchTitle()
    if title.episode is None:
        return Allowed(title, encode)
    following = series.following(connection, title.episode, asked.viewer, now, asked.languages)
    cards = shelves.with_series_titles(connection, [following] if following else [], asked.languages)
    return Allowed(title, encode, _name(around, asked), next(iter(cards), None))


def _seen(connection: Connection, asked: AllowQuery, now: datetime) -> tuple[Title, Encode | None, Title | None]:
    found = rows.find_with_encode(connection, asked.title_id)
    if found is None:
        raise NoSuchTitle
    title, encode = found
    around = rows.find(connection, title.episode.series_id) if title.episode else None
    refusal = None if _previews(asked) else _refusal(connection, title, around, asked, now)
    if refusal is not None:
        raise refusal
    return title, encode, around


def _refusal(
    connection: Connection, title: Title, around: Title | None, asked: AllowQuery, now: datetime
) -> MatineeError | None:
    if title.kind is Kind.SERIES:
        return rules.may_see_series(title, series.episodes(connection, title.id), asked.viewer, now)
    if title.kind is Kind.EPISODE:
        return rules.may_see_episode(title, around, asked.viewer, now) if around else NoSuchTitle()
    return rules.may_see(title, asked.viewer, now)


def _previews(asked: AllowQuery) -> bool:
    return asked.preview and Role.EDITOR in asked.viewer.roles


def _name(around: Title | None, asked: AllowQuery) -> str | None:
    return worded(around.metadata, asked.languages).title if around else None
