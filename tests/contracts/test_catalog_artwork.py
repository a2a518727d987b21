from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select, text

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Conflict, Invalid, NotFound
from matinee.runtime.ids import Ids
from matinee.services.catalog import tables
from matinee.services.catalog.contract import (
    Attach,
    ByTitle,
    Catalog,
    ChooseArtwork,
    CreateTitle,
    DropArtwork,
    Gate,
    ImageQuery,
    NoSuchTitle,
    NotPlayable,
    OfferArtwork,
    SetChapters,
)
from matinee.services.catalog.service import Service
from matinee.terms.artwork import Artwork, Poster, Shape
from matinee.terms.encode import Chapter, Encode
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata, Title
from matinee.terms.viewer import Role, Viewer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MEMBER = Viewer("acc", "lgn", "prf", frozenset(), Maturity.EIGHTEEN, "DE", "DE")
CHILD = replace(MEMBER, maturity=Maturity.SEVEN)
EDITOR = replace(MEMBER, roles=frozenset({Role.EDITOR}))


class Clock:
    def now(self) -> datetime:
        return NOW

    real_now = now

    def monotonic(self) -> float:
        return NOW.timestamp()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/catalog.db", migrations="matinee.services.catalog")
    yield opened
    await opened.close()


@pytest.fixture
async def catalog(wired: Callable[..., Awaitable[Any]], database: Database) -> Catalog:
    return await wired(Catalog, Service(database, Clock(), Ids(Clock())))


async def film(catalog: Catalog, name: str = "Film", maturity: Maturity = Maturity.ALL) -> Title:
    made = await catalog.create(CreateTitle(name, Metadata(name, maturity=maturity)))
    await catalog.attach(Attach(made.id, Encode(f"enc_{name}", 1000, 1000, "signed", [], [], NOW)))
    return await catalog.publish(ByTitle(made.id))


def piece(name: str, shape: Shape, score: float = 1.0, *, supplied: bool = False) -> Artwork:
    return Artwork(Poster(f"img_{name}", 320, 180, [160, 320]), shape, score, supplied)


async def shown(catalog: Catalog, title_id: str) -> tuple[str | None, str | None, str | None]:
    title = await catalog.title(ByTitle(title_id))
    wide, tall, square = ((image.id if image else None) for image in (title.poster, title.portrait, title.square))
    return wide, tall, square


async def may_fetch(catalog: Catalog, image_id: str, viewer: Viewer) -> bool:
    try:
        await catalog.image(ImageQuery(image_id, viewer))
    except NotFound:
        return False
    return True


async def test_the_best_of_each_shape_stands_for_a_title(catalog: Catalog) -> None:
    title = await film(catalog)
    offered = [
        piece("w1", Shape.LANDSCAPE, 2.0),
        piece("w2", Shape.LANDSCAPE, 5.0),
        piece("p1", Shape.PORTRAIT, 3.0),
        piece("s1", Shape.SQUARE, 3.0),
    ]
    found = await catalog.offer_artwork(OfferArtwork(title.id, offered))
    assert [(each.artwork.image.id, each.chosen, each.picked) for each in found.candidates] == [
        ("img_p1", True, False),
        ("img_w2", True, False),
        ("img_w1", False, False),
        ("img_s1", True, False),
    ]
    assert await shown(catalog, title.id) == ("img_w2", "img_p1", "img_s1")
    (card,) = (await catalog.visible(Gate([title.id], MEMBER))).cards
    assert (card.poster_id, card.portrait_id) == ("img_w2", "img_p1")


async def test_what_people_send_goes_before_frames_and_what_an_editor_picks_before_all(catalog: Catalog) -> None:
    title = await film(catalog)
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("f", Shape.LANDSCAPE, 9.0)]))
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("own", Shape.LANDSCAPE, 0.1, supplied=True)]))
    assert (await shown(catalog, title.id))[0] == "img_own"
    await catalog.choose_artwork(ChooseArtwork(title.id, Shape.LANDSCAPE, "img_f"))
    assert (await shown(catalog, title.id))[0] == "img_f"
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("own2", Shape.LANDSCAPE, 1.0, supplied=True)]))
    assert (await shown(catalog, title.id))[0] == "img_f", "later offers leave the editor's choice"
    await catalog.choose_artwork(ChooseArtwork(title.id, Shape.LANDSCAPE, None))
    assert (await shown(catalog, title.id))[0] == "img_own2"


async def test_another_encode_leaves_the_artwork_and_a_poster_with_one_beats_frames(catalog: Catalog) -> None:
    title = await film(catalog)
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("f", Shape.LANDSCAPE, 9.0)]))
    other = Encode("enc_2", 1000, 1000, "signed", [], [], NOW)
    await catalog.attach(Attach(title.id, other))
    assert (await shown(catalog, title.id))[0] == "img_f"
    await catalog.attach(Attach(title.id, other, Poster("img_came", 320, 180, [320])))
    assert (await shown(catalog, title.id))[0] == "img_came"


async def test_repeats_change_nothing(catalog: Catalog, database: Database) -> None:
    title = await film(catalog)
    offer = OfferArtwork(title.id, [piece("w", Shape.LANDSCAPE), piece("p", Shape.PORTRAIT)])
    first = await catalog.offer_artwork(offer)
    choice = ChooseArtwork(title.id, Shape.PORTRAIT, "img_p")
    chosen = await catalog.choose_artwork(choice)

    async def events() -> int:
        rows = select(tables.outbox)
        return len(await database.read(lambda connection: connection.execute(rows).all(), fresh=True))

    before = await events()
    assert await catalog.offer_artwork(offer) == chosen != first
    assert await catalog.choose_artwork(choice) == chosen
    assert await events() == before


async def test_members_get_what_stands_for_what_they_may_see_and_editors_all(catalog: Catalog) -> None:
    title = await film(catalog, maturity=Maturity.SIXTEEN)
    offered = [piece("best", Shape.PORTRAIT, 2.0), piece("other", Shape.PORTRAIT, 1.0)]
    await catalog.offer_artwork(OfferArtwork(title.id, offered))
    assert await may_fetch(catalog, "img_best", MEMBER)
    assert not await may_fetch(catalog, "img_best", CHILD)
    assert not await may_fetch(catalog, "img_other", MEMBER)
    assert await may_fetch(catalog, "img_other", EDITOR)
    await catalog.choose_artwork(ChooseArtwork(title.id, Shape.PORTRAIT, "img_other"))
    assert await may_fetch(catalog, "img_other", MEMBER)
    assert not await may_fetch(catalog, "img_best", MEMBER)
    await catalog.withdraw(ByTitle(title.id))
    assert not await may_fetch(catalog, "img_other", MEMBER)
    assert await may_fetch(catalog, "img_other", EDITOR)


async def test_own_pictures_can_be_taken_away_and_frames_stay(catalog: Catalog) -> None:
    title = await film(catalog)
    offered = [piece("f", Shape.SQUARE, 9.0), piece("own", Shape.SQUARE, 0.1, supplied=True)]
    await catalog.offer_artwork(OfferArtwork(title.id, offered))
    with pytest.raises(Conflict):
        await catalog.drop_artwork(DropArtwork(title.id, "img_f"))
    left = await catalog.drop_artwork(DropArtwork(title.id, "img_own"))
    assert [each.artwork.image.id for each in left.candidates] == ["img_f"]
    assert (await shown(catalog, title.id))[2] == "img_f"
    assert not await may_fetch(catalog, "img_own", EDITOR)
    with pytest.raises(NotFound):
        await catalog.drop_artwork(DropArtwork(title.id, "img_own"))


async def test_only_the_titles_own_artwork_of_the_shape_can_be_chosen(catalog: Catalog) -> None:
    title, other = await film(catalog), await film(catalog, "Other")
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("w", Shape.LANDSCAPE)]))
    for title_id, shape, image_id in (
        (title.id, Shape.PORTRAIT, "img_w"),
        (other.id, Shape.LANDSCAPE, "img_w"),
        (title.id, Shape.LANDSCAPE, "img_none"),
    ):
        with pytest.raises(NotFound):
            await catalog.choose_artwork(ChooseArtwork(title_id, shape, image_id))
    assert (await shown(catalog, title.id))[0] == "img_w", "a choice that failed changed nothing"
    for call in (
        catalog.artwork(ByTitle("ttl_0")),
        catalog.offer_artwork(OfferArtwork("ttl_0", [])),
        catalog.choose_artwork(ChooseArtwork("ttl_0", Shape.SQUARE, None)),
        catalog.drop_artwork(DropArtwork("ttl_0", "img_w")),
    ):
        with pytest.raises(NoSuchTitle):
            await call


async def test_a_title_keeps_so_many_pictures(catalog: Catalog) -> None:
    title = await film(catalog)
    for place in range(2):
        many = [piece(f"{place}-{number}", Shape.SQUARE) for number in range(50)]
        await catalog.offer_artwork(OfferArtwork(title.id, many))
    with pytest.raises(Conflict):
        await catalog.offer_artwork(OfferArtwork(title.id, [piece("more", Shape.SQUARE)]))
    assert len((await catalog.artwork(ByTitle(title.id))).candidates) == 100


async def test_a_discarded_draft_takes_its_artwork_along(catalog: Catalog, database: Database) -> None:
    draft = await catalog.create(CreateTitle("draft", Metadata("Draft")))
    await catalog.offer_artwork(OfferArtwork(draft.id, [piece("w", Shape.LANDSCAPE)]))
    await catalog.discard(ByTitle(draft.id))
    assert not await may_fetch(catalog, "img_w", EDITOR)
    assert await database.read(lambda connection: connection.execute(select(tables.artwork)).all(), fresh=True) == []


async def test_posters_from_before_there_was_artwork_are_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    opened = open_database(url, migrations="matinee.services.catalog")
    catalog = Service(opened, Clock(), Ids(Clock()))
    title = await film(catalog)
    poster = msgspec.json.encode(Poster("img_old", 640, 360, [640])).decode()

    def back(connection: Any) -> None:
        connection.execute(tables.titles.update().values(poster_id="img_old", poster=poster))
        connection.execute(text("DROP TABLE artwork"))
        for column in ("portrait", "portrait_id", "square", "square_id"):
            connection.execute(text(f"ALTER TABLE titles DROP COLUMN {column}"))
        connection.execute(text("CREATE INDEX titles_poster ON titles (poster_id, state)"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))

    await opened.transact(back)
    await opened.close()
    opened = open_database(url, migrations="matinee.services.catalog")
    catalog = Service(opened, Clock(), Ids(Clock()))
    assert await may_fetch(catalog, "img_old", MEMBER)
    await catalog.offer_artwork(OfferArtwork(title.id, [piece("p", Shape.PORTRAIT)]))
    assert await shown(catalog, title.id) == ("img_old", "img_p", None)
    await opened.close()


async def test_chapters_are_set_in_order_and_refused_where_they_make_no_sense(catalog: Catalog) -> None:
    title = await film(catalog)
    wanted = [Chapter(600, "  Below\n the \x00\x1b\x9bsea\u2028 "), Chapter(0, "Above")]
    kept = [Chapter(0, "Above"), Chapter(600, "Below the sea")]
    assert (await catalog.set_chapters(SetChapters(title.id, wanted))).chapters == kept
    assert (await catalog.encode(ByTitle(title.id))).chapters == kept
    for bad in (
        [Chapter(1000, "After")],
        [Chapter(-1, "Before")],
        [Chapter(0, " ")],
        [Chapter(5, "A"), Chapter(5, "B")],
    ):
        with pytest.raises(Invalid):
            await catalog.set_chapters(SetChapters(title.id, bad))
    assert (await catalog.encode(ByTitle(title.id))).chapters == kept
    assert (await catalog.set_chapters(SetChapters(title.id, []))).chapters == []
    draft = await catalog.create(CreateTitle("draft", Metadata("Draft")))
    with pytest.raises(NotPlayable):
        await catalog.set_chapters(SetChapters(draft.id, wanted))
    with pytest.raises(NoSuchTitle):
        await catalog.set_chapters(SetChapters("ttl_0", wanted))
