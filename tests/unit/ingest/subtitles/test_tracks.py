from __future__ import annotations

import pytest

from matinee.ingest import languages
from matinee.ingest.labels import Labelled, labels
from matinee.ingest.subtitles import Captions, Cue, folders, languages_and_role_of, role_of, tracks
from matinee.terms.rendition import Role

FILM = 10_000


def captions(language: str, role: Role = Role.MAIN, label: str = "", words: str = "") -> Captions:
    return Captions(language, label, [Cue(0, 1000, words or f"{language} {role} {label}")], role)


@pytest.mark.parametrize(
    ("filename", "film", "expected"),
    [
        ("Film.de.srt", "Film", ("de", Role.MAIN)),
        ("Film.de.forced.srt", "Film", ("de", Role.FORCED)),
        ("Film.forced.de.ass", "Film", ("de", Role.FORCED)),
        ("Film.en.sdh.srt", "", ("en", Role.CAPTION)),
        ("Film.en.cc.vtt", "", ("en", Role.CAPTION)),
        ("Film.en.hi.srt", "", ("en", Role.CAPTION)),
        ("Film.hi.srt", "", ("hi", Role.MAIN)),
        ("Film.hi.forced.srt", "", ("hi", Role.FORCED)),
        ("Film.en.forced.sdh.srt", "", ("en", Role.FORCED)),
        ("Film.pt-BR.srt", "", ("pt-BR", Role.MAIN)),
        ("Film.pt_BR.srt", "Film", ("pt-BR", Role.MAIN)),
        ("Film.zh-hant.ttml", "", ("zh-Hant", Role.MAIN)),
        ("Film.ger.dfxp", "", ("de", Role.MAIN)),
        ("Film - English [SDH].srt", "", ("en", Role.CAPTION)),
        ("Film (2019) German.srt", "", ("de", Role.MAIN)),
        ("Film-de.srt", "", ("de", Role.MAIN)),
        ("2_English.srt", "", ("en", Role.MAIN)),
        ("Subs/Französisch.fr.srt", "", ("fr", Role.MAIN)),
        ("Film.en.commentary.srt", "", ("en", Role.COMMENTARY)),
        ("Film.en.default.srt", "", ("en", Role.MAIN)),
        ("Film.srt", "Film", ("und", Role.MAIN)),
        ("The.Thing.1982.1080p.srt", "", ("und", Role.MAIN)),
        ("Film.de.Part.Two.srt", "", ("und", Role.MAIN)),
        ("It.srt", "It", ("und", Role.MAIN)),
        ("Making.It.de.srt", "Making.It", ("de", Role.MAIN)),
        ("Фильм.ru.srt", "Фильм", ("ru", Role.MAIN)),
        ("Fi\nlm.en.srt", "", ("en", Role.MAIN)),
        ("", "", ("und", Role.MAIN)),
    ],
)
def test_a_name_tells_language_and_role(filename: str, film: str, expected: tuple[str, Role]) -> None:
    assert languages_and_role_of(filename, film) == expected


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("English (SDH)", Role.CAPTION),
        ("Signs & Songs [Forced]", Role.FORCED),
        ("Director's Commentary", Role.COMMENTARY),
        ("caption", Role.CAPTION),
        ("Deutsch", Role.MAIN),
        ("", Role.MAIN),
    ],
)
def test_a_title_tells_the_role(text: str, role: Role) -> None:
    assert role_of(text) is role


def test_a_menu_lists_each_language_together_and_no_name_twice() -> None:
    sent = [captions("de", Role.FORCED), captions("en"), captions("de"), captions("de", Role.CAPTION), captions("und")]
    own = [
        captions("fr", label="Canada"),
        captions("fr", label="France"),
        captions("es", label=""),
        captions("es", label="Español"),
        captions("pt-BR"),
        captions("xx"),
    ]
    found, said = tracks(sent, own, FILM)
    assert [(track.label, track.role) for track in found] == [
        ("Deutsch", Role.MAIN),
        ("Deutsch (SDH)", Role.CAPTION),
        ("Deutsch (forced)", Role.FORCED),
        ("English", Role.MAIN),
        ("Subtitles", Role.MAIN),
        ("Français: Canada", Role.MAIN),
        ("Français: France", Role.MAIN),
        ("Español", Role.MAIN),
        ("Español 2", Role.MAIN),
        ("Português (Brasil)", Role.MAIN),
        ("xx", Role.MAIN),
    ]
    assert said == []
    assert folders(found) == [
        "t-de", "t-de-caption", "t-de-forced", "t-en", "t-und", "t-fr", "t-fr-2", "t-es", "t-es-2", "t-pt-br", "t-xx",
    ]  # fmt: skip


def test_what_was_sent_replaces_the_films_own_of_that_language_and_role() -> None:
    sent = [captions("en", words="new")]
    own = [captions("en", words="old"), captions("en", Role.CAPTION, words="kept")]
    assert [track.cues[0].text for track in tracks(sent, own, FILM)[0]] == ["new", "kept"]


def test_the_same_track_twice_is_one() -> None:
    assert len(tracks([captions("en", words="x"), captions("en", label="again", words="x")], [], FILM)[0]) == 1


def test_a_track_of_which_nothing_is_left_is_told_and_left_out() -> None:
    late = Captions("de", "", [Cue(20_000, 21_000, "a"), Cue(22_000, 23_000, "b")], Role.CAPTION)
    assert tracks([late], [captions("en")], FILM)[1] == [
        "Subtitles in Deutsch (SDH): All cues come late, by 0:13 or more: they would fit the film if they began earlier.",
        "Subtitles in Deutsch (SDH): 2 cues lie outside the film and were left out.",
        "Subtitles in Deutsch (SDH): no cue was left, so the film has no such subtitles.",
    ]
    assert [track.language for track in tracks([late], [captions("en")], FILM)[0]] == ["en"]


def test_sound_is_labelled_by_language_role_and_title() -> None:
    tracks = [
        Labelled("en", Role.MAIN, "Stereo"),
        Labelled("de", Role.MAIN, "Deutsch"),
        Labelled("en", Role.DESCRIPTION),
        Labelled("en", Role.COMMENTARY, "The director"),
        Labelled("en", Role.COMMENTARY, "The crew"),
        Labelled("und", Role.MAIN),
        Labelled("und", Role.MAIN),
    ]
    assert labels(tracks) == [
        "English",
        "Deutsch",
        "English (audio description)",
        "English (commentary): The director",
        "English (commentary): The crew",
        "Original",
        "Original 2",
    ]


@pytest.mark.parametrize(
    ("found", "tag", "name"),
    [
        ("ger", "de", "Deutsch"),
        ("EN-us", "en-US", "English (US)"),
        ("zh_hant", "zh-Hant", "繁體中文"),
        ("fr-BE", "fr-BE", "Français (BE)"),
        ("xzz", "xzz", "xzz"),
        ("nonsense!", "und", "Original"),
        (None, "und", "Original"),
    ],
)
def test_languages_have_a_tag_and_a_name(found: str | None, tag: str, name: str) -> None:
    assert (languages.tag(found), languages.name(languages.tag(found))) == (tag, name)
