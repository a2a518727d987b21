from __future__ import annotations

from itertools import combinations, permutations

import pytest

from matinee.api.languages import MOST, accepted, spoken
from matinee.terms.language import lookup


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", []),
        ("de", ["de"]),
        ("de-AT, de;q=0.9,en;q=0.5", ["de-AT", "de", "en"]),
        ("en;q=0.5, fr;q=0.8, de", ["de", "fr", "en"]),
        ("fr ; Q = 0.300 ,nl", ["nl", "fr"]),
        ("*, en;q=0.1", ["en"]),
        ("de;q=0, en", ["en"]),
        ("de;q=2, d!e, en;q=x, \x00, ,,, it", ["it"]),
        ("en, en, en;q=0.2", ["en"]),
        (",".join(["en"] * 5000), ["en"]),
        (", ".join(f"a{letter}" for letter in "abcdefghijkl"), [f"a{letter}" for letter in "abcdefghijkl"[:MOST]]),
    ],
)
def test_the_dearest_language_comes_first_and_nonsense_is_left_out(header: str, wanted: list[str]) -> None:
    assert list(accepted(header)) == wanted


def test_what_shared_answers_are_kept_by_finds_the_same_words() -> None:
    """Whoever is answered from the same key would be answered the same by their own wishes."""
    known = ["de", "fr-CA", "pt", "und"]
    wishes = [
        list(each) for count in (1, 2, 3) for each in permutations(["de-AT", "de", "fr-CA", "fr", "pt-BR", "xx"], count)
    ]
    for wanted in wishes:
        key = spoken(wanted, known)
        assert set(key) <= set(known) - {"und"}
        for count in (1, 2, 3):
            for there in combinations(known[:3], count):
                assert lookup(key, there) == lookup(wanted, there)


def test_few_keys_come_of_many_wishes() -> None:
    assert spoken(["en-GB", "en-US", "en"], ["de", "en"]) == ["en"]
    assert spoken(["xx", "yy"], ["de", "en"]) == []
    assert len(spoken(["a1", "de", "fr", "it", "es"], ["de", "fr", "it", "es"])) == 3
