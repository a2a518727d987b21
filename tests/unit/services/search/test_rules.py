from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.services.search import rules
from matinee.services.search.rules import Word

# ruff: noqa: RUF001 - letters of many scripts are its subject


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Amélie", "amelie"),
        ("AME\u0301LIE", "amelie"),
        ("Ёлки", "елки"),
        ("Мой", "мой"),
        ("МОИ\u0306", "мой"),
        ("Žižkov", "zizkov"),
        ("Ødipus Straße Łódź", "odipus strasse lodz"),
        ("İstanbul Işık", "istanbul isik"),
        ("ﬁlm № １２", "film no 12"),
        ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("기생충", "기생충"),
        ("θάλασσα", "θαλασσα"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert rules.fold(text) == folded


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = rules.fold(text)
    assert rules.fold(once) == once


@given(st.text(max_size=200))
def test_any_text_has_words_without_spaces_or_signs(text: str) -> None:
    for word in rules.words(text):
        assert word.letters or word.run
        assert not any(letter.isspace() or letter in "\0\"'()[]*:" for letter in word.letters + word.run)


def test_words_are_cut_by_script() -> None:
    assert rules.words("Spider-Man: No.1") == [Word("spider", ""), Word("man", ""), Word("no", ""), Word("1", "")]
    assert rules.words("Schindler’s list") == [Word("schindlers", ""), Word("list", "")]
    assert rules.words("進撃の巨人2 TV") == [Word("", "進撃の巨人"), Word("2", ""), Word("tv", "")]
    assert rules.words("한국") == [Word("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국")]


def test_an_unfinished_syllable_begins_the_finished_one() -> None:
    assert rules.words("한국")[0].letters.startswith(rules.words("한구")[0].letters)


def test_a_long_query_keeps_its_last_word() -> None:
    asked = rules.asked(" ".join(f"w{n}" for n in range(40)))
    assert [word.letters for word in asked] == [*(f"w{n}" for n in range(11)), "w39"]
    assert len(rules.asked("one two")) == 2


def test_neighbours_are_joined() -> None:
    assert rules.joined(rules.words("Spider-Man 東京 Home Alone")) == ["spiderman", "homealone"]


@given(st.text("東京物語", min_size=1, max_size=12), st.data())
def test_any_part_of_a_run_is_found_by_its_pieces(run: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(run) - 1))
    end = data.draw(st.integers(first + 1, len(run)))
    assert set(rules.asked_pieces(run[first:end])) <= rules.indexed_pieces(run)


@pytest.mark.parametrize(
    ("word", "slips", "generous"), [("no", 0, 0), ("her", 0, 1), ("star", 1, 1), ("casanova", 2, 2)]
)
def test_longer_words_forgive_more_slips(word: str, slips: int, generous: int) -> None:
    assert (rules.slips(word), rules.slips(word, generous=True)) == (slips, generous)


def test_plays_lift_a_hit_but_not_over_a_better_match() -> None:
    exact, slipped = rules.rank(3, 0, "heat wave", "heat"), rules.rank(1, 1_000_000, "heart", "heat")
    assert exact > slipped
    assert rules.rank(3, 100, "heat wave", "x") > rules.rank(3, 10, "heat wave", "x")
    assert (
        rules.rank(3, 0, "heat", "heat") > rules.rank(3, 0, "heat wave", "heat") > rules.rank(3, 0, "the heat", "heat")
    )
