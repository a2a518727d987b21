from __future__ import annotations

import pytest

from matinee.gateway.caching import freshness, rules
from matinee.gateway.caching.conditions import unchanged
from matinee.gateway.caching.directives import directives

DATE = b"Sat, 21 Nov 2026 10:00:00 GMT"
HOUR_LATER = b"Sat, 21 Nov 2026 11:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"", {}),
        (b"public, max-age=60", {"public": "", "max-age": "60"}),
        (b' Public ,MAX-AGE="60" , ,', {"public": "", "max-age": "60"}),
        (b'private="set-cookie, x", max-age=5', {"private": "set-cookie, x", "max-age": "5"}),
        (b"max-age=60, max-age=5", {"max-age": "5"}),
        (b"max-age=x, max-age=5", {"max-age": "x"}),
        (b'max-age=60, x="unended', {"no-store": ""}),
        (b"=5", {"no-store": ""}),
        (b"max-age = 5", {"no-store": ""}),
    ],
)
def test_directives(value: bytes, found: dict[str, str]) -> None:
    assert directives(value) == found


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({b"cache-control": b"max-age=60"}, 60),
        ({b"cache-control": b"max-age=60, s-maxage=5"}, 5),
        ({b"cache-control": b"max-age=-1"}, 0),
        ({b"cache-control": b"max-age=1.5"}, 0),
        ({b"cache-control": b"max-age=99999999999999999999"}, 2**31),
        ({b"cache-control": b"max-age=60, no-cache"}, 0),
        ({b"date": DATE, b"expires": HOUR_LATER}, 3600),
        ({b"date": HOUR_LATER, b"expires": DATE}, 0),
        ({b"date": DATE, b"expires": b"0"}, 0),
        ({b"date": DATE, b"expires": HOUR_LATER, b"cache-control": b"max-age=1"}, 1),
        ({b"last-modified": DATE}, 0),
    ],
)
def test_lifetime(fields: dict[bytes, bytes], seconds: float) -> None:
    assert freshness.lifetime(fields, directives(fields.get(b"cache-control"))) == seconds


@pytest.mark.parametrize(
    ("fields", "came", "age"),
    [
        ({b"date": DATE}, 0, 0),
        ({b"date": DATE}, 30, 30),
        ({b"date": DATE, b"age": b"100"}, 30, 102),
        ({b"date": HOUR_LATER}, 0, 2),
        ({b"age": b"-5"}, 0, 2),
        ({}, 0, 2),
    ],
)
def test_age_when_it_came(fields: dict[bytes, bytes], came: float, age: float) -> None:
    made = freshness.moment(DATE)
    assert made is not None
    got = freshness.age_when_it_came(fields, made + came - 2, made + came)
    assert got == max(age, 2)


def test_what_forbids_to_be_given_out_stale() -> None:
    for word in ("must-revalidate", "proxy-revalidate", "s-maxage=5", "no-cache"):
        said = directives(f"stale-while-revalidate=60, stale-if-error=60, {word}".encode())
        assert (freshness.stale_while_it_is_fetched(said), freshness.stale_after_errors(said)) == (0, 0)
    said = directives(b"stale-while-revalidate=60, stale-if-error=30")
    assert (freshness.stale_while_it_is_fetched(said), freshness.stale_after_errors(said)) == (60, 30)


@pytest.mark.parametrize(
    ("request_fields", "same"),
    [
        ({b"if-none-match": b'"a"'}, True),
        ({b"if-none-match": b'W/"a"'}, True),
        ({b"if-none-match": b'"x", W/"a" ,"y"'}, True),
        ({b"if-none-match": b'"x,"a",y"'}, False),
        ({b"if-none-match": b"*"}, True),
        ({b"if-none-match": b"a"}, False),
        ({b"if-none-match": b'"b"', b"if-modified-since": HOUR_LATER}, False),
        ({b"if-modified-since": HOUR_LATER}, True),
        ({b"if-modified-since": b"Fri, 20 Nov 2026 10:00:00 GMT"}, False),
        ({b"if-modified-since": b"yesterday"}, False),
        ({}, False),
    ],
)
def test_conditions(request_fields: dict[bytes, bytes], same: bool) -> None:
    assert unchanged(request_fields, {b"etag": b'W/"a"', b"last-modified": DATE}) is same


def test_a_request_with_a_field_that_nobody_knows_goes_its_own_way() -> None:
    usual = {b"host": b"a", b"accept": b"*/*", b"cookie": b"x", b"sec-fetch-site": b"none", b"x-forwarded-for": b"1"}
    assert rules.may_ask(b"GET", 0, usual)
    for name in (b"x-original-url", b"x-host", b"range", b"if-match", b"x-http-method-override", b"expect"):
        assert not rules.may_ask(b"GET", 0, {**usual, name: b"1"})
    assert not rules.may_ask(b"POST", 0, usual)
    assert not rules.may_ask(b"GET", 5, usual)
