from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

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
    Encode,
    File,
    Gate,
    GenresQuery,
    ImageQuery,
    ListTitles,
    Metadata,
    NoSuchTitle,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    Poster,
    Rights,
    State,
    Title,
    TooMature,
    UpdateTitle,
    slug,
)
from matinee.services.catalog.service import Service
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
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
    assert msgspec.structs.astuple(card) == (made.id, "Metropolis", 1927, Maturity.TEN, ["Drama"], 5_400_000, "img_1")


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
        None,
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
