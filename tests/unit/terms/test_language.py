from __future__ import annotations

import pytest

from matinee.terms.language import canonical, lookup, shortened


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        (["de"], ["en", "de"], "de"),
        (["de-CH-1996"], ["en", "de-CH", "de"], "de-CH"),
        (["DE-ch"], ["de"], "de"),
        (["fr", "de"], ["de", "en"], "de"),
        (["de", "fr"], ["fr-CA"], None),
        (["zh-Hant-x-private"], ["zh-Hant"], "zh-Hant"),
        (["en-GB", "fr"], ["fr", "en"], "en"),
        ([], ["en"], None),
        (["en"], [], None),
    ],
)
def test_the_first_wish_that_can_be_met_counts(wanted: list[str], there: list[str], found: str | None) -> None:
    assert lookup(wanted, there) == found


def test_a_range_is_cut_from_its_end_and_never_ends_in_a_single_letter() -> None:
    cut = ["zh-hant-cn-x-private1-private2", "zh-hant-cn-x-private1", "zh-hant-cn", "zh-hant", "zh"]
    assert list(shortened(cut[0])) == cut  # the example of RFC 4647 section 3.4


@pytest.mark.parametrize(
    ("written", "usual"),
    [("PT-br", "pt-BR"), ("zh-hANT", "zh-Hant"), ("sr-latn-rs", "sr-Latn-RS"), ("EN", "en"), ("es-419", "es-419")],
)
def test_a_tag_has_one_usual_form(written: str, usual: str) -> None:
    assert canonical(written) == usual
