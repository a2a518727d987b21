from __future__ import annotations

import pytest

from matinee.ingest.folders import nfo
from matinee.runtime.errors import Invalid
from matinee.terms.maturity import Maturity

MOVIE = b"""<?xml version="1.0" encoding="UTF-8"?>
<movie><title>The
 Lighthouse</title><plot>Two keepers &amp; one light.</plot><year>2019</year><genre>Drama / Horror</genre>
<genre>Drama</genre><mpaa>Rated R</mpaa><actor><name>X</name><title>not this</title></actor></movie>
https://example.org/title/1
"""


def test_a_films_nfo() -> None:
    assert nfo.read(MOVIE, "movie.nfo") == {
        "title": "The  Lighthouse",
        "synopsis": "Two keepers & one light.",
        "year": 2019,
        "genres": ["Drama", "Horror"],
        "maturity": Maturity.SIXTEEN,
    }


def test_of_several_episodes_the_first_is_told() -> None:
    two = b"<episodedetails><title>One</title><aired>2017-12-01</aired></episodedetails>" * 2
    assert nfo.read(two.replace(b"One", b"One", 1), "x.nfo") == {"title": "One", "year": 2017}


@pytest.mark.parametrize("data", [b"", b"https://example.org/1\n", b"<html><title>x</title></html>", b"<movie/>"])
def test_what_tells_nothing(data: bytes) -> None:
    assert nfo.read(data, "x.nfo") == {}


BOMB = b"""<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><movie><title>&b;</title></movie>"""
OUTSIDE = b"""<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>"""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (BOMB, "x.nfo has a document type or entities, which are not read."),
        (OUTSIDE, "x.nfo has a document type or entities, which are not read."),
        (b"<movie><title>x</movie>", "x.nfo is not the XML that an NFO file is."),
        (b"<movie><title>\xff\xfe</title></movie>", "x.nfo is not the XML that an NFO file is."),
        (b"<" * (nfo.LARGEST + 1), "x.nfo is too large to be read."),
        *(
            (b'<?xml version="1.0" encoding="%s"?><movie/>' % name, "x.nfo is not the XML that an NFO file is.")
            for name in (b"shift_jis", b"utf-7", b"nonsense", b"zip", b"idna", b"punycode")
        ),
    ],
)
def test_what_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        nfo.read(data, "x.nfo")
    assert refused.value.detail == sentence


def test_deep_nesting_is_no_trouble() -> None:
    assert nfo.read(b"<movie>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"<year>1999</year></movie>", "x.nfo") == {
        "year": 1999
    }


@pytest.mark.parametrize(
    ("rating", "age"),
    [
        ("Rated PG-13 for language", 13), ("US:R", 16), ("R", 16), ("NC-17", 18), ("G", 0), ("PG", 10), ("TV-MA", 18),
        ("TV-14", 16), ("DE:FSK 12", 13), ("FSK 6", 7), ("FSK-16", 16), ("12A", 13), ("UK:15", 16), ("18+", 18), ("0", 0),
        ("", None), ("Not Rated", None), ("Approved", None),
    ],
)  # fmt: skip
def test_ratings(rating: str, age: int | None) -> None:
    assert nfo.maturity(rating) == age


def test_json() -> None:
    assert nfo.read_json(b'{"year": 1999, "genres": ["Drama"]}', "x.json") == {"year": 1999, "genres": ["Drama"]}
    for data in (b"[]", b"{", b'{"yaer": 1999}', b'{"year": "soon"}', b"\xff", b'{"a":' * 5000 + b"1" + b"}" * 5000):
        with pytest.raises(Invalid) as refused:
            nfo.read_json(data, "x.json")
        assert refused.value.detail.startswith("x.json")


def test_a_line_steers_no_terminal() -> None:
    assert nfo.line("a\x1b[2J\x9b2Jb\x85\n", 200) == "a [2J 2Jb"
