"""How long an answer is good for (RFC 9111 4.2 and 5.2.2, RFC 5861), as a cache for many people must see it. Seconds."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from matinee.gateway.caching.directives import Directives, seconds

Fields = Mapping[bytes, bytes]


def lifetime(fields: Fields, said: Directives) -> float:
    """From when it was made until it is stale. Nothing is guessed: without a word of the server's it is stale at once."""
    if "no-cache" in said:
        return 0
    for name in ("s-maxage", "max-age"):
        told = seconds(said, name)
        if told is not None:
            return told
    expires, made = moment(fields.get(b"expires")), moment(fields.get(b"date"))
    return max(0.0, expires - made) if expires is not None and made is not None else 0


def age_when_it_came(fields: Fields, asked: float, came: float) -> float:
    """By calendar times of the request and its answer (RFC 9111 4.2.3)."""
    made = moment(fields.get(b"date"))
    apparent = max(0.0, came - made) if made is not None else 0.0
    told = fields.get(b"age", b"")
    return max(apparent, (int(told) if told.isdigit() and len(told) < 10 else 0) + came - asked)


def stale_while_it_is_fetched(said: Directives) -> float:
    """How long after its end it may still be given out while a new one is fetched."""
    return 0 if never_stale(said) else seconds(said, "stale-while-revalidate") or 0


def stale_after_errors(said: Directives) -> float:
    """How long after its end it may still be given out in the place of an error."""
    return 0 if never_stale(said) else seconds(said, "stale-if-error") or 0


def never_stale(said: Directives) -> bool:
    """Whether its server forbids to give it out after its end (RFC 9111 4.2.4)."""
    return not said.keys().isdisjoint({"must-revalidate", "proxy-revalidate", "s-maxage", "no-cache"})


def moment(value: bytes | None) -> float | None:
    """A date of HTTP as calendar seconds; None where it is none."""
    try:
        return parsedate_to_datetime(value.decode("ascii")).timestamp() if value else None
    except (ValueError, OverflowError):
        return None
