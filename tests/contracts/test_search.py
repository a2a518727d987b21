from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.runtime.errors import Invalid, Unavailable
from matinee.services.search.contract import (
    Document,
    Documents,
    Popularity,
    Removal,
    Search,
    SearchQuery,
    StateQuery,
    Translation,
)
from matinee.services.search.open import open as open_store
from matinee.services.search.service import Service
from matinee.services.search.store import Store
from matinee.terms.maturity import Maturity

# ruff: noqa: RUF001 - letters of many scripts are its subject

TITLES = [
    "The Godfather",
    "Amélie",
    "Blade Runner 2049",
    "Spider-Man: No Way Home",
    "Star Wars",
    "Casablanca",
    "Ocean’s Eleven",
    "Žižkov",
    "Ødipus Rex",
    "Der Himmel über Berlin",
    "進撃の巨人",
    "千と千尋の神隠し",
    "霸王別姬",
    "Брат 2",
    "Ёлки",
    "Мой сосед Тоторо",
    "Андрей Рублёв",
    "기생충",
    "올드보이",
    "살인의 추억",
    "라이언 일병 구하기",
]
ONE_SLIP = {
    "godfater": 0,
    "gofdather": 0,
    "casablnca": 5,
    "starr wars": 4,
    "блейд": None,
    "тотро": 15,
    "рублев": 16,
    "오올드보이": 18,
}
TWO_SLIPS = {
    "gdfathr": 0,
    "godfahtre": 0,
    "casblanka": 5,
    "kasablanca": 5,
    "blad runer": 2,
    "spidrman hoem": 3,
    "сасед татора": 15,
}
MARKS = {
    "amelie": 1,
    "AMÉLIE": 1,
    "zizkov": 7,
    "odipus": 8,
    "uber berlin": 9,
    "елки": 14,
    "рублёв": 16,
    "oceans": 6,
    "ocean's": 6,
}
BEGINNINGS = {
    "g": 0,
    "the godf": 0,
    "blade r": 2,
    "ame": 1,
    "мой сос": 15,
    "андр": 16,
    "기": 17,
    "살인": 19,
    "기새": 17,
}
ORDERS = {"runner blade": 2, "2049 runner": 2, "wars star": 4, "home no spider": 3, "тоторо мой": 15, "추억 살인의": 19}
PARTS = {
    "神隠し": 11,
    "巨人": 10,
    "の巨": 10,
    "千尋": 11,
    "王別": 12,
    "姬": 12,
    "드보": 18,
    "병구": None,
    "일병 구": 20,
}
JOINED = {"spiderman": 3, "bladerunner": 2, "starw": 4}
ODD = [
    *(
        "",
        " ",
        '"',
        "'",
        '"the',
        "AND",
        "OR NOT",
        "title:foo",
        "*",
        "a*b?",
        "(",
        "[a TO b]",
        "^2~1",
        "\\",
        "/x/",
        "+-!",
    ),
    *(
        "\0",
        "\0the\0",
        "🎬",
        "the 🎬 godfather",
        "x" * 200,
        "a " * 100,
        "東" * 200,
        "가" * 200,
        "\u0301",
        "\ud800",
        "﷽" * 20,
    ),
]


def document(number: int, title: str, revision: int = 1, **of: Any) -> Document:
    given = {"synopsis": "", "year": None, "genres": [], "maturity": Maturity.ALL, "territories": [], **of}
    return Document(f"ttl_{number}", revision, title, **given)


async def found(
    search: Search, text: str, maturity: Maturity = Maturity.EIGHTEEN, place: str = "DE", limit: int = 24
) -> list[str]:
    return (await search.search(SearchQuery(text, maturity, place, limit))).title_ids


@pytest.fixture(params=["tantivy"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}://{tmp_path}/search"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = open_store(url)
    yield opened
    await opened.close()


@pytest.fixture
async def search(wired: Any, store: Store) -> Search:
    return await wired(Search, Service(store))


@pytest.fixture
async def shelf(search: Search) -> Search:
    await search.index(Documents([document(number, title) for number, title in enumerate(TITLES)]))
    return search


async def test_each_title_is_found_first_by_its_name(shelf: Search) -> None:
    for number, title in enumerate(TITLES):
        for text in (title, title.lower(), title.upper()):
            assert (await found(shelf, text))[:1] == [f"ttl_{number}"], text


@pytest.mark.parametrize(
    "queries",
    [ONE_SLIP, TWO_SLIPS, MARKS, BEGINNINGS, ORDERS, PARTS, JOINED],
    ids=["one slip", "two slips", "marks", "beginnings", "word order", "parts", "written as one"],
)
async def test_titles_are_found_as_people_type(shelf: Search, queries: dict[str, int | None]) -> None:
    for text, number in queries.items():
        best = (await found(shelf, text))[:1]
        assert best == ([] if number is None else [f"ttl_{number}"]), text


async def test_short_i_is_a_letter_of_its_own(search: Search) -> None:
    await search.index(Documents([document(1, "Мой мир"), document(2, "Мои миры")]))
    assert (await found(search, "мой"))[0] == "ttl_1"
    assert (await found(search, "мои"))[0] == "ttl_2"


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
async def test_no_text_is_too_odd(store: Store, text: str) -> None:
    await store.index([document(number, title) for number, title in enumerate(TITLES)])
    assert len(await store.search(SearchQuery(text, Maturity.EIGHTEEN, "DE"))) <= 24


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), title=st.text(max_size=60))
async def test_any_text_is_answered(store: Store, text: str, title: str) -> None:
    await store.index([document(7, title, store.state().documents + 1, synopsis=text)])
    assert await store.search(SearchQuery(text, Maturity.EIGHTEEN, "DE")) in ([], ["ttl_7"])


async def test_genre_year_and_synopsis_are_found_after_titles(search: Search) -> None:
    of = {"genres": ["Film noir"], "year": 1949, "synopsis": "A writer in Vienna looks for Harry Lime. 東京"}
    await search.index(Documents([document(1, "The Third Man", **of), document(2, "Vienna"), document(3, "Noir")]))
    assert await found(search, "noir") == ["ttl_3", "ttl_1"]
    assert await found(search, "vienna") == ["ttl_2", "ttl_1"]
    assert await found(search, "1949 third") == await found(search, "東京") == ["ttl_1"]


async def test_where_nothing_holds_every_word_some_will_do(shelf: Search) -> None:
    assert (await found(shelf, "casablanca zzzzzz"))[:1] == ["ttl_5"]
    assert await found(shelf, "qqqqqq zzzzzz") == []


async def test_age_and_place_are_kept_to(search: Search) -> None:
    documents = [
        document(1, "Film", maturity=Maturity.ALL, territories=["DE", "FR"]),
        document(2, "Film", maturity=Maturity.SIXTEEN),
        document(3, "Film", maturity=Maturity.EIGHTEEN, territories=["US"]),
    ]
    await search.index(Documents(documents))
    assert await found(search, "film", Maturity.EIGHTEEN, "DE") == ["ttl_1", "ttl_2"]
    assert await found(search, "film", Maturity.EIGHTEEN, "US") == ["ttl_2", "ttl_3"]
    assert await found(search, "film", Maturity.THIRTEEN, "DE") == ["ttl_1"]
    assert await found(search, "film", Maturity.SIXTEEN, "ZZ") == ["ttl_2"]
    assert await found(search, "film", Maturity.TEN, "*") == []


async def test_plays_decide_between_equals(search: Search) -> None:
    await search.index(Documents([document(number, f"Film {number}") for number in range(3)]))
    await search.set_popularity(Popularity({"ttl_2": 10, "ttl_1": 1000, "ttl_unknown": 5}))
    assert await found(search, "film") == ["ttl_1", "ttl_2", "ttl_0"]
    await search.set_popularity(Popularity({"ttl_2": 10_000}))
    assert await found(search, "film") == ["ttl_2", "ttl_1", "ttl_0"]
    await search.set_popularity(Popularity({"ttl_2": 0}))
    assert await found(search, "film") == ["ttl_1", "ttl_0", "ttl_2"]


async def test_the_most_played_is_found_among_very_many(search: Search) -> None:
    await search.index(Documents([document(number, f"Film {number:04}") for number in range(1500)]))
    await search.set_popularity(Popularity({"ttl_1499": 50, "ttl_700": 40}))
    assert (await found(search, "film"))[:2] == ["ttl_1499", "ttl_700"]
    assert len(await found(search, "f", limit=100)) == 100


async def test_a_new_version_takes_the_place_of_the_old(search: Search) -> None:
    await search.index(Documents([document(1, "Alpha", revision=2)]))
    await search.index(Documents([document(1, "Beta", revision=3, maturity=Maturity.SIXTEEN)]))
    assert (await found(search, "alpha"), await found(search, "beta")) == ([], ["ttl_1"])
    await search.index(Documents([document(1, "Alpha", revision=2), document(1, "Gamma", revision=3)]))
    assert (await found(search, "alpha"), await found(search, "beta")) == ([], ["ttl_1"])
    assert await found(search, "beta", Maturity.TEN) == []


async def test_what_was_removed_stays_out_until_a_later_version(search: Search) -> None:
    await search.index(Documents([document(1, "Alpha", revision=2)]))
    await search.remove(Removal("ttl_1", 1))
    assert await found(search, "alpha") == ["ttl_1"]
    await search.remove(Removal("ttl_1", 4))
    await search.remove(Removal("ttl_2", 4))
    await search.index(Documents([document(1, "Alpha", revision=3), document(2, "Alpha", revision=4)]))
    assert await found(search, "alpha") == []
    await search.index(Documents([document(1, "Alpha", revision=5)]))
    assert await found(search, "alpha") == ["ttl_1"]


async def test_who_searches_while_titles_come_and_go_is_answered(search: Search) -> None:
    async def change() -> None:
        for revision in range(2, 12, 2):
            await search.index(Documents([document(number, "Alpha", revision) for number in range(5 * revision)]))
            await asyncio.gather(*(search.remove(Removal(f"ttl_{number}", revision + 1)) for number in range(3)))

    changing = asyncio.create_task(change())
    while not changing.done():
        assert set(await found(search, "alpha")) <= {f"ttl_{number}" for number in range(50)}
    await changing


async def test_versions_in_one_batch_end_as_the_latest(search: Search) -> None:
    await search.index(Documents([document(1, "Beta", revision=2), document(1, "Gamma", 3), document(1, "Alpha", 1)]))
    assert (await found(search, "alpha"), await found(search, "beta"), await found(search, "gamma")) == (
        [],
        [],
        ["ttl_1"],
    )


async def test_writes_at_once_are_all_searchable_when_they_return(search: Search) -> None:
    async def written(number: int) -> None:
        await search.index(Documents([document(number, f"Film nr{number}x")]))
        assert f"ttl_{number}" in await found(search, f"nr{number}x")

    await asyncio.gather(*(written(number) for number in range(40)))
    assert len(await found(search, "film", limit=100)) == 40


async def test_numbers_stay_apart_when_old_and_new_titles_are_mixed(search: Search) -> None:
    await search.index(Documents([document(0, "Alpha")]))
    await search.index(Documents([document(0, "Alpha", 2), document(1, "Beta")]))
    await search.index(Documents([document(2, "Gamma")]))
    assert [await found(search, text) for text in ("alpha", "beta", "gamma")] == [["ttl_0"], ["ttl_1"], ["ttl_2"]]


async def test_an_index_is_there_after_a_restart(store: Store, url: str) -> None:
    await store.index([document(1, "Alpha", 3), document(2, "Alpha", 3), document(3, "Alpha")])
    await store.remove([Removal("ttl_3", 2)])
    await store.set_popularity({"ttl_2": 10})
    before = store.state()
    await store.close()
    again = open_store(url)
    assert again.state() == before
    assert (before.documents, before.needs_reindex) == (2, False)
    await again.index([document(2, "Beta", 2), document(3, "Alpha"), document(4, "Alpha")])
    assert await again.search(SearchQuery("alpha", Maturity.ALL, "DE")) == ["ttl_2", "ttl_1", "ttl_4"]
    await again.close()
    with pytest.raises(Unavailable):
        await again.index([document(5, "Alpha")])


async def test_a_new_index_asks_to_be_filled(search: Search) -> None:
    empty = await search.state(StateQuery())
    assert (empty.documents, empty.needs_reindex) == (0, True)
    await search.index(Documents([document(1, "Alpha")]))
    filled = await search.state(StateQuery())
    assert (filled.documents, filled.needs_reindex, filled.generation) == (1, False, empty.generation)


def _cut(folder: Path) -> None:
    for path in (folder / "index").iterdir():
        if path.suffix:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scribble(folder: Path) -> None:
    for path in (folder / "index").iterdir():
        path.write_bytes(b"\xff" * 100)


def _lose(folder: Path) -> None:
    for path in (folder / "index").iterdir():
        path.unlink()


def _age(folder: Path) -> None:
    (folder / "header.json").write_text('{"format": 0, "generation": "old"}')


def _unname(folder: Path) -> None:
    (folder / "header.json").write_text("nonsense")


@pytest.mark.parametrize("harm", [_cut, _scribble, _lose, _age, _unname])
async def test_a_broken_index_begins_anew_under_another_name(store: Store, url: str, harm: Any) -> None:
    await store.index([document(1, "Alpha")])
    before = store.state()
    await store.close()
    harm(Path(url.partition("://")[2]))
    again = open_store(url)
    after = again.state()
    assert (after.documents, after.needs_reindex) == (0, True)
    assert after.generation not in {before.generation, "old"}
    await again.index([document(1, "Alpha")])
    assert await again.search(SearchQuery("alpha", Maturity.ALL, "DE")) == ["ttl_1"]
    await again.close()


async def test_a_second_process_is_told_that_the_index_is_open(store: Store, url: str) -> None:
    await store.index([document(1, "Alpha")])
    code = f"from matinee.services.search.open import open; open({url!r})"
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(other.communicate(), 30)
    assert b"Unavailable: another process" in said
    assert await store.search(SearchQuery("alpha", Maturity.ALL, "DE")) == ["ttl_1"]


@pytest.mark.parametrize("bad", ["", "nonsense", "opensearch://host", "tantivy://"])
def test_a_url_that_names_no_index_is_refused(bad: str) -> None:
    with pytest.raises(Invalid):
        open_store(bad)


async def test_ten_thousand_titles(store: Store) -> None:
    """Prints how fast it answers; what it asserts is that each title is still found."""
    chance = random.Random(7)
    letters = [
        "kalomirentavoshidor",
        "абвгдежзиклмнопрст",
        "東京物語進撃巨人千尋神隠風谷城空天動夢時花火",
        "가나다라마바사아자차카타파하",
    ]
    scripts = chance.choices(letters, weights=[60, 15, 20, 5], k=10_000)
    names = [" ".join("".join(chance.choices(script, k=chance.randint(3, 9))) for _ in range(2)) for script in scripts]
    await store.index([document(number, name, synopsis=" ".join(names[:20])) for number, name in enumerate(names)])
    took: list[float] = []
    for number in chance.sample(range(10_000), 200):
        text = names[number][: chance.randint(4, 20)]
        begun = perf_counter()
        answer = await store.search(SearchQuery(text, Maturity.EIGHTEEN, "DE"))
        took.append((perf_counter() - begun) * 1000)
        assert any(names[int(each[4:])].startswith(text.strip()) for each in answer)
    print(f"10,000 titles: p50 {median(took):.2f} ms, p99 {sorted(took)[197]:.2f} ms")  # noqa: T201


async def test_a_title_is_found_in_each_of_its_languages(search: Search) -> None:
    words = {"de": Translation("Der Himmel", "Zwei Engel."), "ja": Translation("ベルリン・天使の詩")}
    made = Document("ttl_wings", 1, "Wings of Desire", "Two angels.", 1987, [], Maturity.ALL, [], translations=words)
    other = Document("ttl_other", 1, "Himmel und Huhn", "", 2005, [], Maturity.ALL, [])
    await search.index(Documents([made, other]))

    async def first(text: str) -> str:
        return (await search.search(SearchQuery(text, Maturity.ALL, "DE"))).title_ids[0]

    for text in ("wings", "der himmel", "engel", "天使"):
        assert await first(text) == "ttl_wings"
    assert await first("himmel und") == "ttl_other"
    await search.index(Documents([msgspec.structs.replace(made, revision=2, translations={})]))
    assert (await search.search(SearchQuery("der himmel", Maturity.ALL, "DE"))).title_ids != ["ttl_wings"]
    assert (await search.search(SearchQuery("天使", Maturity.ALL, "DE"))).title_ids == []
