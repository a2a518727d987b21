from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Invalid, MatineeError, NotFound
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids
from matinee.services.catalog import tables
from matinee.services.catalog.contract import (
    AllowQuery,
    Attach,
    Browse,
    ByIds,
    ByTitle,
    Catalog,
    CreateTitle,
    EpisodeTaken,
    Gate,
    GenresQuery,
    ImageQuery,
    LanguagesQuery,
    ListTitles,
    NoSuchTitle,
    NotADraft,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    RevisionConflict,
    TooMature,
    UpdateTitle,
)
from matinee.services.catalog.service import Service
from matinee.terms.artwork import Poster
from matinee.terms.encode import Encode, File
from matinee.terms.genre import slug
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.title import Card, Episode, Kind, Metadata, Rights, State, Title, Words
from matinee.terms.viewer import Role, Viewer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYWHERE = Rights()
ADULT = Viewer("acc", "lgn", "prf", frozenset(), Maturity.EIGHTEEN, "DE", "DE")
CHILD = replace(ADULT, maturity=Maturity.SEVEN)
VIDEO = Rendition("v1", Track.VIDEO, "v1", "avc1.64001f", 900_000, 700_000, width=1280, height=720, frame_rate="24")
ENCODE = Encode("enc_1", 5_400_000, 4000, "signed", [VIDEO], [File("v1/init.mp4", 800, "0" * 64)], NOW)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/catalog.db", migrations="matinee.services.catalog")
    yield opened
    await opened.close()


@pytest.fixture
async def catalog(wired: Any, database: Database, clock: Clock) -> Catalog:
    return await wired(Catalog, Service(database, clock, Ids(clock)))


async def film(
    catalog: Catalog, name: str, rights: Rights = EVERYWHERE, *, state: State = State.PUBLISHED, **of: Any
) -> Title:
    of = {"maturity": Maturity.ALL, **of}
    made = await catalog.create(CreateTitle(name, Metadata(name, **of), rights))
    if state is State.DRAFT:
        return made
    poster = Poster(f"img_{name}", 600, 800, [300, 600])
    await catalog.attach(Attach(made.id, replace(ENCODE, id=f"enc_{name}"), poster))
    made = await catalog.publish(ByTitle(made.id))
    return await catalog.withdraw(ByTitle(made.id)) if state is State.WITHDRAWN else made


async def events(database: Database) -> list[Event]:
    rows = await database.read(lambda connection: connection.execute(select(tables.outbox)).all(), fresh=True)
    assert all((row.topic, row.key) == ("titles", msgspec.json.decode(row.event)["subject"]) for row in rows)
    return [msgspec.json.decode(row.event, type=Event) for row in rows]


async def test_a_film_on_its_way_to_the_shelf(catalog: Catalog, clock: Clock) -> None:
    made = await catalog.create(
        CreateTitle("key", Metadata("Metropolis", "A city.", 1927, ["Drama"], Maturity.TEN, "de"))
    )
    assert (made.state, made.revision, made.encode_id, made.created_at) == (State.DRAFT, 1, None, NOW)
    with pytest.raises(NotPlayable):
        await catalog.publish(ByTitle(made.id))
    with pytest.raises(NotPlayable):
        await catalog.encode(ByTitle(made.id))
    poster = Poster("img_1", 600, 800, [300, 600])
    attached = await catalog.attach(Attach(made.id, ENCODE, poster))
    assert (attached.duration_ms, attached.poster, attached.encode_id) == (5_400_000, poster, "enc_1")
    clock.at += DAY
    published = await catalog.publish(ByTitle(made.id))
    assert (published.state, published.published_at) == (State.PUBLISHED, NOW + DAY)
    assert await catalog.title(ByTitle(made.id)) == published
    assert await catalog.encode(ByTitle(made.id)) == ENCODE
    allowed = await catalog.allow(AllowQuery(made.id, ADULT))
    assert (allowed.title, allowed.encode) == (published, replace(ENCODE, files=[]))
    (card,) = (await catalog.visible(Gate([made.id], ADULT))).cards
    assert card == Card(made.id, "Metropolis", 1927, Maturity.TEN, ["Drama"], 5_400_000, "img_1")


async def test_repeats_are_harmless(catalog: Catalog, database: Database) -> None:
    first = await film(catalog, "Metropolis")
    before = await events(database)
    same = await asyncio.gather(*(catalog.create(CreateTitle("Metropolis", Metadata("Other"))) for _ in range(8)))
    assert [each.id for each in same] == [first.id] * 8
    await catalog.attach(Attach(first.id, replace(ENCODE, id="enc_Metropolis"), first.poster))
    await catalog.update(UpdateTitle(first.id, title="Metropolis"))
    assert await catalog.publish(ByTitle(first.id)) == first
    assert await events(database) == before


async def test_at_once_created_with_one_key_is_one_title(catalog: Catalog) -> None:
    made = await asyncio.gather(*(catalog.create(CreateTitle("key", Metadata("Film"))) for _ in range(8)))
    assert len({each.id for each in made}) == 1
    assert len((await catalog.list_titles(ListTitles())).titles) == 1


async def test_changes_at_once_are_all_kept(catalog: Catalog) -> None:
    made = await film(catalog, "Film")
    await asyncio.gather(
        catalog.update(UpdateTitle(made.id, synopsis="New")),
        catalog.update(UpdateTitle(made.id, year=1999)),
        catalog.update(UpdateTitle(made.id, genres=["Drama"])),
        catalog.update(UpdateTitle(made.id, maturity=Maturity.SIXTEEN)),
    )
    after = await catalog.title(ByTitle(made.id))
    assert after.metadata == Metadata("Film", "New", 1999, ["Drama"], Maturity.SIXTEEN)
    assert after.revision == made.revision + 4


async def test_another_film_takes_the_place_of_the_one_before(catalog: Catalog) -> None:
    made = await film(catalog, "Film")
    await catalog.attach(Attach(made.id, replace(ENCODE, id="enc_2", duration_ms=1), None))
    after = await catalog.allow(AllowQuery(made.id, ADULT))
    assert (after.title.encode_id, after.encode.id, after.title.poster, after.title.duration_ms) == (
        "enc_2",
        "enc_2",
        made.poster,
        1,
    )


async def test_every_change_is_an_event_with_all_that_readers_need(catalog: Catalog, database: Database) -> None:
    made = await film(catalog, "Film", Rights(frozenset({"FR", "DE"})), state=State.WITHDRAWN, genres=["Drama"])
    await catalog.update(UpdateTitle(made.id, title="Films"))
    told = await events(database)
    kinds = ["created", "attached", "published", "withdrawn", "changed"]
    assert [event.type for event in told] == [f"matinee.title.{kind}" for kind in kinds]
    assert [event.data["revision"] for event in told] == [1, 2, 3, 4, 5]
    assert len({event.id for event in told}) == 5
    data = told[2].data
    assert (data["state"], data["title"], data["genres"], data["maturity"]) == ("published", "Film", ["Drama"], 0)
    assert (data["territories"], data["synopsis"], data["year"]) == (["DE", "FR"], "", None)


async def test_a_change_that_fails_tells_nothing(catalog: Catalog, database: Database) -> None:
    made = await film(catalog, "Film", state=State.DRAFT)
    with pytest.raises(NotPlayable):
        await catalog.publish(ByTitle(made.id))
    with pytest.raises(Invalid):
        await catalog.update(UpdateTitle(made.id, title="New", rights=Rights(starts_at=NOW, ends_at=NOW)))
    assert len(await events(database)) == 1
    assert await catalog.title(ByTitle(made.id)) == made


async def test_what_is_unknown_is_not_found(catalog: Catalog) -> None:
    calls = [
        catalog.title(ByTitle("ttl_0")),
        catalog.encode(ByTitle("ttl_0")),
        catalog.publish(ByTitle("ttl_0")),
        catalog.withdraw(ByTitle("ttl_0")),
        catalog.update(UpdateTitle("ttl_0", title="x")),
        catalog.attach(Attach("ttl_0", ENCODE)),
        catalog.allow(AllowQuery("ttl_0", ADULT)),
    ]
    for call in calls:
        with pytest.raises(NoSuchTitle):
            await call
    with pytest.raises(NotFound):
        await catalog.image(ImageQuery("img_0", ADULT))
    assert (await catalog.titles(ByIds(["ttl_0"]))).titles == []


async def test_the_gate_names_its_reason(catalog: Catalog, clock: Clock) -> None:
    future = await film(catalog, "Future", Rights(starts_at=NOW + DAY, ends_at=NOW + 2 * DAY))
    abroad = await film(catalog, "Abroad", Rights(frozenset({"US"})))
    grown = await film(catalog, "Grown", maturity=Maturity.SIXTEEN)
    draft, gone = await film(catalog, "Draft", state=State.DRAFT), await film(catalog, "Gone", state=State.WITHDRAWN)
    refusals = [
        (future, CHILD, NotYetAvailable),
        (abroad, CHILD, NotInRegion),
        (grown, CHILD, TooMature),
        (draft, replace(ADULT, roles=frozenset(Role)), NoSuchTitle),
        (gone, replace(ADULT, roles=frozenset(Role)), NoSuchTitle),
    ]
    for title, viewer, refusal in refusals:
        with pytest.raises(refusal):
            await catalog.allow(AllowQuery(title.id, viewer))
    clock.at = NOW + DAY
    assert (await catalog.allow(AllowQuery(future.id, CHILD))).title.id == future.id
    clock.at = NOW + 2 * DAY
    with pytest.raises(NoSuchTitle):
        await catalog.allow(AllowQuery(future.id, CHILD))


async def test_every_shelf_shows_what_the_gate_lets_through(catalog: Catalog, clock: Clock) -> None:
    windows = [(None, None), (NOW, NOW + DAY), (NOW + timedelta(milliseconds=1), None), (None, NOW)]
    cases = product(State, [Maturity.ALL, Maturity.SIXTEEN], [frozenset[str](), frozenset({"DE", "FR"})], windows)
    titles: list[Title] = []
    for number, (state, maturity, places, (starts, ends)) in enumerate(cases):
        rights = Rights(places, starts, ends)
        titles.append(await film(catalog, f"film {number}", rights, state=state, maturity=maturity, genres=["Drama"]))
        clock.at += timedelta(milliseconds=number % 2)
    clock.at = NOW
    viewers = [replace(viewer, territory=place) for viewer in (ADULT, CHILD) for place in ("DE", "US", "ZZ")]
    for viewer in viewers:
        seen = [title for title in titles if await allowed(catalog, title, viewer)]
        cards = (await catalog.visible(Gate([title.id for title in titles], viewer))).cards
        assert [card.id for card in cards] == [title.id for title in seen]
        newest = sorted(seen, key=lambda title: (title.published_at, title.id), reverse=True)
        for genre in (None, "drama"):
            assert await all_pages(catalog, Browse(viewer, genre, limit=3)) == [title.id for title in newest]
        assert (await catalog.genres(GenresQuery(viewer))).genres == (["Drama"] if seen else [])
        pictures = [title for title in titles if title.poster and await shown(catalog, title.poster.id, viewer)]
        assert pictures == seen


@pytest.mark.parametrize("nowhere", ["", "E", ","])
async def test_a_viewer_who_is_nowhere_sees_nothing_that_is_bound_to_a_place(
    database: Database, clock: Clock, nowhere: str
) -> None:
    catalog = Service(database, clock, Ids(clock))
    made = await film(catalog, "Film", Rights(frozenset({"DE", "FR"})))
    assert (await catalog.visible(Gate([made.id], replace(ADULT, territory=nowhere)))).cards == []


async def allowed(catalog: Catalog, title: Title, viewer: Viewer) -> bool:
    try:
        await catalog.allow(AllowQuery(title.id, viewer))
    except MatineeError:
        return False
    return True


async def shown(catalog: Catalog, image_id: str, viewer: Viewer) -> bool:
    try:
        return (await catalog.image(ImageQuery(image_id, viewer))).id == image_id
    except NotFound:
        return False


async def all_pages(catalog: Catalog, first: Browse) -> list[str]:
    found, before = list[str](), first.before
    while True:
        page = await catalog.browse(replace(first, before=before))
        assert len(page.cards) <= first.limit
        found += [card.id for card in page.cards]
        if page.next is None:
            return found
        before = page.next


async def test_cards_come_in_the_order_asked(catalog: Catalog) -> None:
    one, two, three = [await film(catalog, name) for name in ("one", "two", "three")]
    asked = [three.id, "ttl_0", one.id, two.id, one.id]
    assert [card.title for card in (await catalog.visible(Gate(asked, ADULT))).cards] == ["three", "one", "two", "one"]
    assert [title.metadata.title for title in (await catalog.titles(ByIds(asked))).titles] == [
        "three",
        "one",
        "two",
        "one",
    ]
    assert (await catalog.visible(Gate([], ADULT))).cards == []


async def test_more_ids_than_one_query_takes(catalog: Catalog) -> None:
    made = await film(catalog, "Film")
    ids = [*(f"ttl_{number}" for number in range(40_000)), made.id]
    assert [card.id for card in (await catalog.visible(Gate(ids, ADULT))).cards] == [made.id]


async def test_genres_come_with_the_fullest_first_and_are_found_by_slug(catalog: Catalog) -> None:
    await film(catalog, "a", genres=["Sci-Fi", "Drama"])
    await film(catalog, "b", genres=["sci fi"], maturity=Maturity.SIXTEEN)
    await film(catalog, "c", genres=["Комедия", "Drama", "Drama"])
    await film(catalog, "d", genres=["Hidden"], state=State.DRAFT)
    grown = (await catalog.genres(GenresQuery(ADULT))).genres
    assert [slug(name) for name in grown] == ["drama", "sci-fi", "комедия"]
    by_slug = {slug(name): await all_pages(catalog, Browse(ADULT, slug(name))) for name in grown}
    assert {key: len(found) for key, found in by_slug.items()} == {"drama": 2, "sci-fi": 2, "комедия": 1}
    assert await all_pages(catalog, Browse(ADULT, "Sci-Fi")) == by_slug["sci-fi"]
    assert len(await all_pages(catalog, Browse(CHILD, "sci-fi"))) == 1
    assert (await catalog.browse(Browse(ADULT, "hidden"))).cards == []


async def test_a_genre_that_was_taken_away_is_gone_at_once(catalog: Catalog) -> None:
    made = await film(catalog, "a", genres=["Drama", "Film noir"])
    assert (await catalog.genres(GenresQuery(ADULT))).genres == ["Drama", "Film noir"]
    await catalog.update(UpdateTitle(made.id, genres=["Drama"]))
    assert (await catalog.genres(GenresQuery(ADULT))).genres == ["Drama"]
    await catalog.withdraw(ByTitle(made.id))
    assert (await catalog.genres(GenresQuery(ADULT))).genres == []
    assert (await catalog.browse(Browse(ADULT, "drama"))).cards == []


async def test_a_page_that_was_never_given_is_refused(catalog: Catalog) -> None:
    with pytest.raises(Invalid):
        await catalog.browse(Browse(ADULT, before="nonsense"))


async def test_pictures_are_shown_to_who_may_see_their_title(catalog: Catalog) -> None:
    await film(catalog, "grown", maturity=Maturity.SIXTEEN)
    await film(catalog, "gone", state=State.WITHDRAWN)
    editor = replace(CHILD, roles=frozenset({Role.EDITOR}))
    support = replace(CHILD, roles=frozenset({Role.SUPPORT, Role.OPERATOR}))
    assert await catalog.image(ImageQuery("img_grown", ADULT)) == Poster("img_grown", 600, 800, [300, 600])
    assert not await shown(catalog, "img_grown", CHILD)
    assert not await shown(catalog, "img_grown", support)
    assert not await shown(catalog, "img_gone", ADULT)
    assert await shown(catalog, "img_grown", editor)
    assert await shown(catalog, "img_gone", editor)


async def test_the_studio_lists_every_title_newest_first(catalog: Catalog, clock: Clock) -> None:
    made: list[Title] = []
    for number in range(5):
        made.insert(0, await film(catalog, f"film {number}", state=list(State)[number % 3]))
        clock.at += timedelta(seconds=1)
    first = (await catalog.list_titles(ListTitles(limit=2))).titles
    rest = (await catalog.list_titles(ListTitles(before=first[-1].id))).titles
    assert [title.id for title in (*first, *rest)] == [title.id for title in made]
    drafts = (await catalog.list_titles(ListTitles(state=State.DRAFT))).titles
    assert [title.id for title in drafts] == [title.id for title in made if title.state is State.DRAFT]


async def test_a_title_is_there_after_a_restart(
    catalog: Catalog, database: Database, tmp_path: Path, clock: Clock
) -> None:
    made = await film(catalog, "Film", Rights(frozenset({"DE"}), NOW, NOW + DAY), genres=["Drama"], language="de")
    await database.close()
    again = open_database(f"sqlite:///{tmp_path}/catalog.db", migrations="matinee.services.catalog")
    assert await Service(again, clock, Ids(clock)).title(ByTitle(made.id)) == made
    await again.close()


async def test_a_draft_without_a_film_can_be_taken_away_and_nothing_else(catalog: Catalog) -> None:
    draft, shown = await film(catalog, "draft", state=State.DRAFT), await film(catalog, "shown")
    withdrawn = await catalog.withdraw(ByTitle((await film(catalog, "withdrawn")).id))
    for title in (draft, draft, shown, withdrawn):
        await catalog.discard(ByTitle(title.id))
    with pytest.raises(NoSuchTitle):
        await catalog.title(ByTitle(draft.id))
    assert await catalog.title(ByTitle(shown.id)) == shown
    assert await catalog.title(ByTitle(withdrawn.id)) == withdrawn


async def series_of(catalog: Catalog, name: str = "Dark", rights: Rights = EVERYWHERE, **of: Any) -> Title:
    metadata = Metadata(name, **{"maturity": Maturity.ALL, "genres": ["Mystery"], **of})
    return await catalog.create(CreateTitle(f"series {name}", metadata, rights, Kind.SERIES))


async def episode_of(
    catalog: Catalog,
    series: Title,
    season: int,
    number: int,
    rights: Rights = EVERYWHERE,
    *,
    state: State = State.PUBLISHED,
    **of: Any,
) -> Title:
    name = f"{series.metadata.title} {season} {number}"
    metadata = Metadata(name, **{"maturity": Maturity.ALL, **of})
    made = await catalog.create(CreateTitle(name, metadata, rights, Kind.EPISODE, Episode(series.id, season, number)))
    if state is State.DRAFT:
        return made
    await catalog.attach(Attach(made.id, replace(ENCODE, id=f"enc_{name}"), Poster(f"img_{name}", 600, 800, [300])))
    made = await catalog.publish(ByTitle(made.id))
    return await catalog.withdraw(ByTitle(made.id)) if state is State.WITHDRAWN else made


async def state_of(catalog: Catalog, title: Title) -> State:
    return (await catalog.title(ByTitle(title.id))).state


async def test_a_series_is_shown_while_one_of_its_episodes_is(catalog: Catalog, database: Database) -> None:
    series = await series_of(catalog)
    with pytest.raises(NotPlayable):
        await catalog.publish(ByTitle(series.id))
    one = await episode_of(catalog, series, 1, 1, state=State.DRAFT)
    assert await state_of(catalog, series) is State.DRAFT
    await catalog.attach(Attach(one.id, ENCODE))
    await catalog.publish(ByTitle(one.id))
    two = await episode_of(catalog, series, 1, 2)
    assert await state_of(catalog, series) is State.PUBLISHED
    await catalog.withdraw(ByTitle(one.id))
    assert await state_of(catalog, series) is State.PUBLISHED
    await catalog.withdraw(ByTitle(two.id))
    assert await state_of(catalog, series) is State.DRAFT
    await catalog.publish(ByTitle(two.id))
    assert await state_of(catalog, series) is State.PUBLISHED
    of_series = [event for event in await events(database) if event.subject == series.id]
    told = [(event.type.rpartition(".")[2], event.data["state"]) for event in of_series]
    assert told == [("created", "draft"), ("published", "published"), ("hidden", "draft"), ("published", "published")]
    assert [event.data["revision"] for event in of_series] == [1, 2, 3, 4]


async def test_a_series_that_an_editor_withdrew_stays_away_until_it_is_published_again(catalog: Catalog) -> None:
    series = await series_of(catalog)
    one = await episode_of(catalog, series, 1, 1)
    await catalog.withdraw(ByTitle(series.id))
    await episode_of(catalog, series, 1, 2)
    assert await state_of(catalog, series) is State.WITHDRAWN
    assert (await catalog.visible(Gate([series.id, one.id], ADULT))).cards == []
    await catalog.publish(ByTitle(series.id))
    assert [card.id for card in (await catalog.visible(Gate([series.id, one.id], ADULT))).cards] == [series.id, one.id]


async def test_shelves_show_films_and_series_and_never_an_episode(catalog: Catalog) -> None:
    series = await series_of(catalog)
    await episode_of(catalog, series, 1, 1, genres=["Mystery", "Pilot"])
    made = await film(catalog, "Film", genres=["Mystery"])
    assert set(await all_pages(catalog, Browse(ADULT))) == {series.id, made.id}
    assert set(await all_pages(catalog, Browse(ADULT, "mystery"))) == {series.id, made.id}
    assert (await catalog.genres(GenresQuery(ADULT))).genres == ["Mystery"]


async def test_a_series_without_a_picture_has_that_of_its_first_episode(catalog: Catalog) -> None:
    series = await series_of(catalog)
    await episode_of(catalog, series, 0, 1)
    await episode_of(catalog, series, 1, 2)
    await episode_of(catalog, series, 1, 1, maturity=Maturity.SIXTEEN)
    for viewer, picture in ((ADULT, "img_Dark 1 1"), (CHILD, "img_Dark 1 2")):
        (card,) = (await catalog.visible(Gate([series.id], viewer))).cards
        (page_card,) = (await catalog.browse(Browse(viewer))).cards
        assert (card.poster_id, page_card.poster_id) == (picture, picture)
        assert await shown(catalog, picture, viewer)


async def test_every_gate_of_an_episode_counts_its_series_too(catalog: Catalog, clock: Clock) -> None:
    everything = [EVERYWHERE, Rights(frozenset({"US"})), Rights(starts_at=NOW + DAY), Rights(ends_at=NOW)]
    limits = [Maturity.ALL, Maturity.SIXTEEN]
    places = product(everything, everything, limits[:1], limits[:1])
    cases = [*places, *product(everything[:1], everything[:1], limits, limits)]
    viewers = [replace(viewer, territory=place) for viewer in (ADULT, CHILD) for place in ("DE", "US")]
    seen = 0
    for number, (around, own, limit_around, limit) in enumerate(cases):
        series = await series_of(catalog, f"s{number}", around, maturity=limit_around)
        one = await episode_of(catalog, series, 1, 1, own, maturity=limit)
        for viewer in viewers:
            open_to = [not rights.territories or viewer.territory in rights.territories for rights in (around, own)] + [
                rights in (EVERYWHERE, everything[1]) for rights in (around, own)
            ]
            may = all(open_to) and max(limit, limit_around) <= viewer.maturity
            seen += may
            assert await allowed(catalog, one, viewer) is may
            assert await described(catalog, one, viewer) is may
            assert await described(catalog, series, viewer) is may
            cards = (await catalog.visible(Gate([series.id, one.id], viewer))).cards
            assert [card.id for card in cards] == ([series.id, one.id] if may else [])
            outline = (await catalog.outline(AllowQuery(series.id, viewer))).episodes
            assert [each.id for each in outline] == ([one.id] if may else [])
            assert await shown(catalog, f"img_s{number} 1 1", viewer) is may
            assert (series.id in await all_pages(catalog, Browse(viewer))) is may
    assert 0 < seen < len(cases) * len(viewers)


async def described(catalog: Catalog, title: Title, viewer: Viewer) -> bool:
    try:
        found = await catalog.describe(AllowQuery(title.id, viewer))
    except MatineeError:
        return False
    assert (found.encode is None) is (title.kind is Kind.SERIES)
    return found.title.id == title.id


async def test_the_gate_of_an_episode_names_the_gravest_reason(catalog: Catalog) -> None:
    future, grown = Rights(starts_at=NOW + DAY), {"maturity": Maturity.SIXTEEN}
    cases = [
        (EVERYWHERE, {}, future, {}, NotYetAvailable),
        (Rights(frozenset({"US"})), {}, future, {}, NotInRegion),
        (EVERYWHERE, grown, EVERYWHERE, {}, TooMature),
        (future, {}, EVERYWHERE, grown, NotYetAvailable),
    ]
    for number, (around, of_series, own, of_own, refusal) in enumerate(cases):
        series = await series_of(catalog, f"s{number}", around, **of_series)
        one = await episode_of(catalog, series, 1, 1, own, **of_own)
        with pytest.raises(refusal):
            await catalog.allow(AllowQuery(one.id, CHILD))
    scheduled = await series_of(catalog, "soon")
    await episode_of(catalog, scheduled, 1, 1, future)
    await episode_of(catalog, scheduled, 1, 2, state=State.DRAFT)
    with pytest.raises(NotYetAvailable):
        await catalog.describe(AllowQuery(scheduled.id, ADULT))
    empty = await series_of(catalog, "empty")
    with pytest.raises(NoSuchTitle):
        await catalog.describe(AllowQuery(empty.id, ADULT))


async def test_a_series_has_no_film_of_its_own(catalog: Catalog) -> None:
    series = await series_of(catalog)
    await episode_of(catalog, series, 1, 1)
    with pytest.raises(NotPlayable):
        await catalog.allow(AllowQuery(series.id, ADULT))
    with pytest.raises(Invalid):
        await catalog.attach(Attach(series.id, ENCODE))


async def test_episodes_follow_each_other_and_specials_come_last(catalog: Catalog) -> None:
    series, other = await series_of(catalog), await series_of(catalog, "Other")
    places = [(2, 1), (1, 10), (0, 2), (1, 2), (1, 3), (0, 1)]
    made = {place: await episode_of(catalog, series, *place) for place in places}
    await episode_of(catalog, other, 1, 4)
    await episode_of(catalog, series, 1, 5, state=State.WITHDRAWN)
    order = [(1, 2), (1, 3), (1, 10), (2, 1), (0, 1), (0, 2)]
    outline = (await catalog.outline(AllowQuery(series.id, ADULT))).episodes
    assert [(each.season, each.number) for each in outline] == order
    listed = (await catalog.episodes(ByTitle(series.id))).titles
    assert [(each.episode.season, each.episode.number) for each in listed if each.episode] == [
        *order[:2],
        (1, 5),
        *order[2:],
    ]
    after = (await catalog.following(Gate([title.id for title in made.values()], ADULT))).cards
    expected = {(1, 2): (1, 3), (1, 3): (1, 10), (1, 10): (2, 1), (0, 1): (0, 2)}
    assert {key: card.id for key, card in after.items()} == {
        made[one].id: made[two].id for one, two in expected.items()
    }
    for place, title in made.items():
        found = await catalog.allow(AllowQuery(title.id, ADULT))
        assert (found.next and found.next.id) == (made[expected[place]].id if place in expected else None)
        assert found.series_title == "Dark"
    assert after[made[1, 2].id].series_title == "Dark"


async def test_what_follows_passes_the_gate(catalog: Catalog) -> None:
    series = await series_of(catalog)
    one = await episode_of(catalog, series, 1, 1)
    await episode_of(catalog, series, 1, 2, maturity=Maturity.SIXTEEN)
    three = await episode_of(catalog, series, 1, 3)
    assert (await catalog.following(Gate([one.id], CHILD))).cards[one.id].id == three.id
    following = (await catalog.allow(AllowQuery(one.id, CHILD))).next
    assert following is not None
    assert following.id == three.id
    film_after = (await catalog.allow(AllowQuery((await film(catalog, "Film")).id, ADULT))).next
    assert film_after is None


async def test_a_place_in_a_series_is_one_episode_s(catalog: Catalog) -> None:
    series = await series_of(catalog)
    one = await episode_of(catalog, series, 1, 1)

    async def create(episode: Episode | None, kind: Kind = Kind.EPISODE) -> Title:
        return await catalog.create(CreateTitle(f"{episode} {kind}", Metadata("New"), EVERYWHERE, kind, episode))

    with pytest.raises(EpisodeTaken) as taken:
        await create(Episode(series.id, 1, 1))
    assert taken.value.extra == {"title_id": one.id}
    double = await create(Episode(series.id, 1, 2, 3))
    for first, last in ((3, None), (0, 1), (3, 9), (2, 2)):
        with pytest.raises(EpisodeTaken):
            await create(Episode(series.id, 1, first, last))
    for wrong in (Episode("ttl_0", 1, 9), Episode(one.id, 1, 9), Episode(series.id, 1, 9, 8), None):
        with pytest.raises(Invalid):
            await create(wrong)
    with pytest.raises(Invalid):
        await create(Episode(series.id, 1, 9), Kind.FILM)
    await catalog.discard(ByTitle(double.id))
    assert (await create(Episode(series.id, 1, 3, 3))).episode == Episode(series.id, 1, 3)


async def test_at_once_only_one_takes_a_place(catalog: Catalog) -> None:
    series = await series_of(catalog)
    wishes = [
        CreateTitle(f"key {each}", Metadata("Film"), EVERYWHERE, Kind.EPISODE, Episode(series.id, 1, 1))
        for each in range(6)
    ]
    made = await asyncio.gather(*(catalog.create(wish) for wish in wishes), return_exceptions=True)
    assert sum(isinstance(each, Title) for each in made) == 1
    assert sum(isinstance(each, EpisodeTaken) for each in made) == 5


async def test_a_film_becomes_an_episode_and_a_film_again(catalog: Catalog) -> None:
    first, second = await series_of(catalog, "First"), await series_of(catalog, "Second")
    made = await film(catalog, "Film", genres=["Drama"])
    moved = await catalog.update(UpdateTitle(made.id, episode=Episode(first.id, 1, 1)))
    assert (moved.kind, moved.episode) == (Kind.EPISODE, Episode(first.id, 1, 1))
    assert await all_pages(catalog, Browse(ADULT)) == [first.id]
    assert (await catalog.genres(GenresQuery(ADULT))).genres == ["Mystery"]
    await catalog.update(UpdateTitle(made.id, episode=Episode(second.id, 2, 1)))
    assert await all_pages(catalog, Browse(ADULT)) == [second.id]
    assert await state_of(catalog, first) is State.DRAFT
    again = await catalog.update(UpdateTitle(made.id, episode=None))
    assert (again.kind, again.episode) == (Kind.FILM, None)
    assert await all_pages(catalog, Browse(ADULT)) == [made.id]
    with pytest.raises(Invalid):
        await catalog.update(UpdateTitle(first.id, episode=Episode(second.id, 1, 1)))
    with pytest.raises(Invalid):
        await catalog.update(UpdateTitle(made.id, episode=Episode(made.id, 1, 1)))


async def test_a_draft_is_deleted_and_nothing_else(catalog: Catalog, database: Database) -> None:
    shelf = await film(catalog, "shown")
    with pytest.raises(NotADraft):
        await catalog.remove(ByTitle(shelf.id))
    series = await series_of(catalog)
    one = await episode_of(catalog, series, 1, 1, state=State.DRAFT)
    await catalog.attach(Attach(one.id, replace(ENCODE, id="enc_draft")))
    with pytest.raises(NotADraft):
        await catalog.remove(ByTitle(series.id))
    gone = await catalog.remove(ByTitle(one.id))
    assert (gone.id, gone.encode_id) == (one.id, "enc_draft")
    await catalog.discard(ByTitle(series.id))
    await catalog.remove(ByTitle(series.id))
    for title in (one, series):
        with pytest.raises(NoSuchTitle):
            await catalog.remove(ByTitle(title.id))
    assert [event.subject for event in await events(database) if event.type.endswith("discarded")] == [
        one.id,
        series.id,
    ]
    assert await catalog.title(ByTitle(shelf.id)) == shelf


async def test_a_change_to_another_revision_than_the_one_meant_is_refused(catalog: Catalog) -> None:
    made = await film(catalog, "Film")
    changed = await catalog.update(UpdateTitle(made.id, title="Mine", revision=made.revision))
    assert await catalog.update(UpdateTitle(made.id, title="Mine", revision=made.revision)) == changed
    with pytest.raises(RevisionConflict) as conflict:
        await catalog.update(UpdateTitle(made.id, title="Theirs", revision=made.revision))
    assert conflict.value.extra == {"revision": changed.revision}
    assert await catalog.title(ByTitle(made.id)) == changed
    await catalog.update(UpdateTitle(made.id, title="Theirs", revision=changed.revision))


GERMAN, FRENCH = Words("Der Zug", "Ein Bahnhof."), Words("Le Train")


async def test_titles_are_shown_in_the_language_asked(catalog: Catalog, database: Database) -> None:
    spoken = {"de": GERMAN, "fr-ca": FRENCH, "EN": Words("Same")}
    made = await film(catalog, "The Train", synopsis="A station.", language="en", translations=spoken, genres=["Drama"])
    assert made.metadata.translations == {"de": GERMAN, "fr-CA": FRENCH}
    series = await series_of(catalog, "Dark", translations={"de": Words("Dunkel")})
    one = await episode_of(catalog, series, 1, 1, translations={"de": Words("Folge")})
    await episode_of(catalog, series, 1, 2, translations={"de": Words("Nächste")})
    asked = {"de-AT": "Der Zug", "fr-CA": "Le Train", "fr": "The Train", "en": "The Train", "xx,de": "Der Zug"}
    for wish, name in asked.items():
        ranges = wish.split(",")
        (card,) = (await catalog.visible(Gate([made.id], ADULT, ranges))).cards
        page = (await catalog.browse(Browse(ADULT, "drama", languages=ranges))).cards
        assert (card.title, page[0].title) == (name, name)
    (card,) = (await catalog.visible(Gate([one.id], ADULT, ["de"]))).cards
    assert (card.title, card.series_title, card.kind) == ("Folge", "Dunkel", Kind.EPISODE)
    allowed_one = await catalog.allow(AllowQuery(one.id, ADULT, ["de"]))
    assert (allowed_one.series_title, allowed_one.next and allowed_one.next.title) == ("Dunkel", "Nächste")
    assert (await catalog.languages(LanguagesQuery())).languages == ["de", "en", "fr-CA", "und"]
    data = next(event.data for event in await events(database) if event.subject == made.id)
    assert data["translations"]["de"] == {"title": "Der Zug", "synopsis": "Ein Bahnhof."}
    await catalog.update(UpdateTitle(made.id, translations={}))
    assert (await catalog.visible(Gate([made.id], ADULT, ["de"]))).cards[0].title == "The Train"
    await catalog.withdraw(ByTitle(made.id))
    assert (await catalog.languages(LanguagesQuery())).languages == ["de", "und"]


async def test_the_studio_finds_titles_in_any_language_by_state_and_kind(catalog: Catalog, clock: Clock) -> None:
    series = await series_of(catalog, "Élan 100%")
    clock.at += DAY
    one = await episode_of(catalog, series, 1, 1)
    made = await film(catalog, "Under_way", translations={"de": Words("Unterwegs")}, state=State.DRAFT)

    async def found(**asked: Any) -> list[str]:
        return [title.id for title in (await catalog.list_titles(ListTitles(**asked))).titles]

    assert await found(text="elan") == [one.id, series.id]
    assert await found(text=" ELAN ", kind=Kind.SERIES) == [series.id]
    assert await found(text="100%") == [one.id, series.id]
    assert await found(text="0%1") == []
    assert await found(text="r_w") == await found(text="UNTERWEGS") == [made.id]
    assert await found(kind=Kind.EPISODE) == [one.id]
    assert await found(state=State.DRAFT, text="u") == [made.id]


async def test_an_editor_previews_what_members_may_not_see_and_nobody_else_does(catalog: Catalog) -> None:
    editor = replace(ADULT, roles=frozenset({Role.EDITOR}))
    others = [ADULT, CHILD, replace(ADULT, roles=frozenset({Role.SUPPORT, Role.OPERATOR}))]
    series = await series_of(catalog, "gone")
    hidden = [
        await film(catalog, "draft", state=State.DRAFT),
        await film(catalog, "withdrawn", state=State.WITHDRAWN),
        await film(catalog, "abroad", Rights(frozenset({"US"}))),
        await film(catalog, "soon", Rights(starts_at=NOW + DAY)),
        await episode_of(catalog, series, 1, 1),
    ]
    await catalog.withdraw(ByTitle(series.id))
    await catalog.attach(Attach(hidden[0].id, replace(ENCODE, id="enc_preview")))
    for title in hidden:
        asked = AllowQuery(title.id, editor, preview=True)
        assert (await catalog.allow(asked)).title.id == (await catalog.describe(asked)).title.id == title.id
        for refused in (replace(asked, preview=False), *(replace(asked, viewer=other) for other in others)):
            with pytest.raises((NoSuchTitle, NotInRegion, NotYetAvailable)):
                await catalog.allow(refused)
            with pytest.raises((NoSuchTitle, NotInRegion, NotYetAvailable)):
                await catalog.describe(refused)
    empty = await catalog.create(CreateTitle("empty", Metadata("Empty")))
    with pytest.raises(NotPlayable):
        await catalog.allow(AllowQuery(empty.id, editor, preview=True))


async def test_a_library_from_before_there_were_series_keeps_its_titles(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Path(tables.__file__).parent / "migrations" / "0001_titles.py"
    before = tmp_path / "catalog_of_before" / "migrations"
    before.mkdir(parents=True)
    (before.parent / "__init__.py").touch()
    shutil.copy(first, before)
    monkeypatch.syspath_prepend(str(tmp_path))
    url = f"sqlite:///{tmp_path}/catalog.db"
    old = open_database(url, migrations="catalog_of_before")
    columns = {
        "id": "ttl_1",
        "creation_key": "k",
        "state": "published",
        "title": "Élan",
        "synopsis": "Old.",
        "year": 1927,
        "genres": '["Drama"]',
        "maturity": 0,
        "language": "fr",
        "territories": "",
        "starts_at": 0,
        "ends_at": 2**63 - 1,
        "duration_ms": 1000,
        "created_at": 0,
        "published_at": 1,
        "revision": 3,
    }
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    await old.transact(
        lambda connection: connection.execute(text(f"INSERT INTO titles ({names}) VALUES ({values})"), columns)
    )
    await old.close()
    database = open_database(url, migrations="matinee.services.catalog")
    catalog = Service(database, clock, Ids(clock))
    found = await catalog.title(ByTitle("ttl_1"))
    assert (found.kind, found.episode, found.metadata.synopsis) == (Kind.FILM, None, "Old.")
    assert [card.id for card in (await catalog.browse(Browse(ADULT))).cards] == ["ttl_1"]
    assert [title.id for title in (await catalog.list_titles(ListTitles(text="elan"))).titles] == ["ttl_1"]
    assert (await catalog.languages(LanguagesQuery())).languages == ["fr"]
    await database.close()
