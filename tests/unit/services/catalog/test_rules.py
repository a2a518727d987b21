from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from matinee.runtime.errors import Invalid
from matinee.services.catalog import rules
from matinee.services.catalog.contract import (
    Attach,
    NoSuchTitle,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    TooMature,
    UpdateTitle,
)
from matinee.terms.artwork import Poster
from matinee.terms.encode import Encode
from matinee.terms.genre import slug
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata, Rights, State, Title
from matinee.terms.viewer import Role, Viewer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VIEWER = Viewer("acc", "lgn", "prf", frozenset(), Maturity.SIXTEEN, "DE", "DE")
TITLE = Title(
    id="ttl_1",
    state=State.PUBLISHED,
    metadata=Metadata("Film", maturity=Maturity.SIXTEEN),
    rights=Rights(frozenset({"DE", "FR"}), NOW, NOW + HOUR),
    duration_ms=1000,
    poster=None,
    encode_id="enc_1",
    created_at=NOW - HOUR,
    published_at=NOW,
    revision=3,
)


def test_the_gate_opens_from_the_first_moment_to_the_last() -> None:
    assert rules.may_see(TITLE, VIEWER, NOW) is None
    assert rules.may_see(TITLE, VIEWER, NOW + HOUR - timedelta(milliseconds=1)) is None


@pytest.mark.parametrize(
    ("title", "viewer", "now", "refusal"),
    [
        (replace(TITLE, state=State.DRAFT), VIEWER, NOW, NoSuchTitle),
        (replace(TITLE, state=State.WITHDRAWN), VIEWER, NOW, NoSuchTitle),
        (TITLE, VIEWER, NOW + HOUR, NoSuchTitle),
        (TITLE, replace(VIEWER, territory="US"), NOW, NotInRegion),
        (TITLE, replace(VIEWER, territory="ZZ"), NOW, NotInRegion),
        (TITLE, VIEWER, NOW - timedelta(milliseconds=1), NotYetAvailable),
        (TITLE, replace(VIEWER, maturity=Maturity.THIRTEEN), NOW, TooMature),
        (replace(TITLE, state=State.DRAFT), replace(VIEWER, roles=frozenset(Role)), NOW, NoSuchTitle),
        (TITLE, replace(VIEWER, territory="US", home_territory="DE"), NOW, NotInRegion),
    ],
)
def test_the_gate_gives_its_reason(title: Title, viewer: Viewer, now: datetime, refusal: type[Exception]) -> None:
    assert isinstance(rules.may_see(title, viewer, now), refusal)


def test_a_title_nobody_rated_is_for_adults() -> None:
    unrated = replace(TITLE, metadata=Metadata("Film"))
    assert isinstance(rules.may_see(unrated, VIEWER, NOW), TooMature)
    assert rules.may_see(unrated, replace(VIEWER, maturity=Maturity.EIGHTEEN), NOW) is None


def test_only_a_title_with_a_film_is_published_and_it_keeps_its_first_date() -> None:
    draft = replace(TITLE, state=State.DRAFT, encode_id=None, published_at=None)
    with pytest.raises(NotPlayable):
        rules.published(draft, NOW)
    encode = Encode("enc_2", 5000, 4000, "signed", [], [], NOW)
    ready = rules.attached(draft, Attach("ttl_1", encode, Poster("img_1", 3, 4, [3])))
    first = rules.published(ready, NOW)
    assert (first.state, first.published_at, first.duration_ms) == (State.PUBLISHED, NOW, 5000)
    again = rules.published(rules.withdrawn(first), NOW + HOUR)
    assert again == first


def test_a_draft_cannot_be_withdrawn() -> None:
    draft = replace(TITLE, state=State.DRAFT)
    assert rules.withdrawn(draft) == draft


def test_an_update_changes_what_it_names() -> None:
    changed = rules.updated(TITLE, UpdateTitle("ttl_1", synopsis="New", year=None, genres=["Drama"]))
    assert changed.metadata == Metadata("Film", "New", None, ["Drama"], Maturity.SIXTEEN)
    assert changed.rights == TITLE.rights


@pytest.mark.parametrize(
    "rights", [Rights(starts_at=NOW, ends_at=NOW), Rights(starts_at=NOW.replace(tzinfo=None))], ids=["empty", "naive"]
)
def test_rights_that_make_no_sense_are_refused(rights: Rights) -> None:
    with pytest.raises(Invalid):
        rules.updated(TITLE, UpdateTitle("ttl_1", rights=rights))


def test_genres_are_kept_once_as_first_written() -> None:
    tidied = rules.tidied(Metadata(" Film ", genres=["Sci-Fi", "  Film  noir ", "sci fi", " ", "Drama"]))
    assert (tidied.title, tidied.genres) == ("Film", ["Sci-Fi", "Film noir", "Drama"])


@pytest.mark.parametrize(
    ("genre", "expected"),
    [
        ("Sci-Fi & Fantasy", "sci-fi-fantasy"),
        ("Comédie", "comedie"),
        ("Драма", "драма"),
        ("アニメ", "アニメ"),
        ("ガンダム", "ガンダム"),
        ("한국 영화", "한국-영화"),
        ("!!!", "x212121"),
    ],
)
def test_a_genre_has_a_slug(genre: str, expected: str) -> None:
    assert slug(genre) == expected


@given(st.text(min_size=1, max_size=40))
def test_a_slug_of_a_slug_is_itself(genre: str) -> None:
    found = slug(genre)
    assert found
    assert slug(found) == found


@given(st.integers(0, 2**53), st.from_regex(r"ttl_[0-9a-f]{32}", fullmatch=True))
def test_a_cursor_names_its_place(at: int, title_id: str) -> None:
    assert rules.place(rules.cursor(at, title_id)) == (at, title_id)


@pytest.mark.parametrize("before", ["", ".", "12", "12.", ".ttl", "-1.ttl", "1e3.ttl", "٣.ttl", "9" * 19 + ".ttl"])
def test_what_is_no_cursor_is_refused(before: str) -> None:
    with pytest.raises(Invalid):
        rules.place(before)
