"""A series as its page shows it: its seasons, the episodes of one, and the episode to go on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from matinee.api.clients import Clients
from matinee.api.home_rows import Place, picture, progress
from matinee.api.optional import optional
from matinee.services.catalog.contract import AllowQuery, ByIds, Numbered
from matinee.services.history.contract import Bookmark, ByTitles
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity
from matinee.terms.title import Episode, Title, worded
from matinee.terms.viewer import Viewer

AT_ONCE = 100
"""Episodes of a season in one answer."""


class Season(Struct, frozen=True):
    """Season 0 holds the specials. `episodes` is how many there are for this viewer."""

    number: int
    episodes: int


class EpisodeItem(Struct, frozen=True):
    """An episode as its series' page shows it."""

    id: str
    title: str
    synopsis: str
    episode: Place
    maturity: Maturity
    duration_s: float
    picture_url: str | None
    resume_position_s: float
    progress: float | None


class Seasons(Struct, frozen=True):
    """All seasons, and the episodes of one of them. `next` is what to ask `after`; null where they are all here. `up_next` is
    what to play: where one left off, else the first not yet seen."""

    seasons: list[Season]
    season: int | None
    episodes: list[EpisodeItem]
    next: int | None
    up_next: EpisodeItem | None


async def seasons(
    clients: Clients, viewer: Viewer, languages: list[Language], series: Title, season: int | None, after: int
) -> Seasons:
    """The seasons of a series that this viewer may see; the episodes are those of `season`, or of the one to go on with."""
    numbered = (await clients.catalog.outline(AllowQuery(series.id, viewer))).episodes
    watched = await _bookmarks(clients, viewer, [each.id for each in numbered])
    up_next = go_on_with(numbered, watched)
    chosen = season if season is not None else up_next.season if up_next else None
    of_season = [each for each in numbered if each.season == chosen and each.number > after]
    page = of_season[:AT_ONCE]
    wanted = [each.id for each in page] + ([up_next.id] if up_next else [])
    titles = (await clients.catalog.titles(ByIds(list(dict.fromkeys(wanted))))).titles
    named = worded(series.metadata, languages).title
    shown = {
        each.id: episode_item(each, each.episode, named, languages, watched.get(each.id))
        for each in titles
        if each.episode
    }
    return Seasons(
        seasons=_counted(numbered),
        season=chosen,
        episodes=[shown[each.id] for each in page if each.id in shown],
        next=page[-1].number if len(of_season) > AT_ONCE else None,
        up_next=shown.get(up_next.id) if up_next else None,
    )


def go_on_with(episodes: Sequence[Numbered], watched: dict[str, Bookmark]) -> Numbered | None:
    """The episode to play: the one watched last where it was not seen to its end, else the next one that was not; the first
    where all were, or none was begun. `episodes` in their order, specials last."""
    by_id = {each.id: each for each in episodes}
    for bookmark in sorted(watched.values(), key=lambda each: each.at, reverse=True):
        last = by_id.get(bookmark.title_id)
        found = last and _not_seen(episodes, last, watched)
        if found:
            return found
    return episodes[0] if episodes else None


def episode_item(
    title: Title, at: Episode, series_title: str, languages: Sequence[Language], bookmark: Bookmark | None
) -> EpisodeItem:
    """An episode with how far it was watched."""
    words = worded(title.metadata, languages)
    resumes = bookmark is not None and not bookmark.finished
    return EpisodeItem(
        id=title.id,
        title=words.title,
        synopsis=words.synopsis,
        episode=Place(at.series_id, series_title, at.season, at.number, at.number_to),
        maturity=title.metadata.maturity,
        duration_s=title.duration_ms / 1000,
        picture_url=picture(title.poster.id if title.poster else None),
        resume_position_s=bookmark.position_ms / 1000 if bookmark and resumes else 0.0,
        progress=progress(bookmark) if bookmark else None,
    )


def _counted(episodes: Sequence[Numbered]) -> list[Season]:
    counted = Counter(each.season for each in episodes)
    return [Season(number, counted[number]) for number in counted]


def _not_seen(episodes: Sequence[Numbered], last: Numbered, watched: dict[str, Bookmark]) -> Numbered | None:
    """From this episode on, among the specials after a special and among the others after another."""
    rest = episodes[episodes.index(last) :]
    alike = [each for each in rest if (each.season == 0) is (last.season == 0)]
    return next((each for each in alike if each.id not in watched or not watched[each.id].finished), None)


async def _bookmarks(clients: Clients, viewer: Viewer, title_ids: list[str]) -> dict[str, Bookmark]:
    if viewer.profile_id is None:
        return {}
    found = await optional("bookmarks", clients.history.bookmarks(ByTitles(viewer.profile_id, title_ids)))
    return {each.title_id: each for each in found.bookmarks} if found else {}
