from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from matinee.events.live.search_index import Titles, document
from matinee.runtime.events import Event
from matinee.services.search.contract import (
    Document,
    Documents,
    Found,
    Popularity,
    Removal,
    SearchQuery,
    State,
    StateQuery,
    Translation,
)
from matinee.terms.maturity import Maturity

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TITLE = "ttl_" + "0" * 31 + "1"


def told(**of: Any) -> Event:
    data: dict[str, Any] = {
        "revision": 3,
        "state": "published",
        "title": "Film",
        "synopsis": "",
        "year": None,
        "genres": ["Drama"],
        "maturity": 16,
        "territories": ["DE"],
        "popularity": 1e9,
        "poster_id": None,
        "published_at": NOW.isoformat(),
        "kind": "film",
        "translations": {"de": {"title": "Der Film", "synopsis": ""}},
        **of,
    }
    return Event("evt_1", "matinee/catalog", "matinee.title.published", NOW, TITLE, data)


class Index:
    """The search index as the stage sees it: what it was told."""

    def __init__(self) -> None:
        self.indexed: list[str] = []
        self.removed: list[Removal] = []

    async def index(self, message: Documents) -> None:
        self.indexed += [document.title for document in message.documents]

    async def remove(self, message: Removal) -> None:
        self.removed.append(message)

    async def set_popularity(self, message: Popularity) -> None: ...

    async def state(self, message: StateQuery) -> State:
        raise NotImplementedError

    async def search(self, message: SearchQuery) -> Found:
        raise NotImplementedError


def test_a_title_becomes_a_document() -> None:
    spoken = {"de": Translation("Der Film")}
    expected = Document(TITLE, 3, "Film", "", None, ["Drama"], Maturity.SIXTEEN, ["DE"], translations=spoken)
    assert document(told()) == expected
    broken = told()
    del broken.data["maturity"]
    with pytest.raises(msgspec.ValidationError):
        document(broken)


async def test_what_is_published_is_searched_and_an_episode_never_is() -> None:
    index = Index()
    await Titles(index).apply(
        [
            told(title="Film"),
            told(title="Series", kind="series"),
            told(title="Draft", state="draft", published_at=None),
            told(title="Episode", kind="episode", revision=4),
            told(title="Hidden", kind="series", state="draft", revision=5),
            told(title="Withdrawn", state="withdrawn", revision=6),
        ]
    )
    assert index.indexed == ["Film", "Series"]
    assert index.removed == [Removal(TITLE, revision) for revision in (4, 5, 6)]
