from __future__ import annotations

import re
from collections.abc import Mapping

from matinee.gateway.answer import Answer
from matinee.gateway.caching.directives import directives
from matinee.gateway.caching.freshness import (
    age_when_it_came,
    lifetime,
    stale_after_errors,
    stale_while_it_is_fetched,
)
from matinee.gateway.caching.rules import vary
from matinee.gateway.compression.gzip import whole
from matinee.gateway.compression.rules import coded, compressible, told, varying
from matinee.gateway.wire.head import ReplyHead

_FIELD = re.compile(rb"\r\n([^:\r]++):[ \t]*+([^\r]*+)(?=\r\n)")
_REWRITTEN = re.compile(rb"\r\n(?:content-length|transfer-encoding|age|trailer):[^\r]*", re.IGNORECASE)
_OF_304 = re.compile(
    rb"\r\n(?!(?:cache-control|content-location|date|etag|expires|vary|last-modified):)[^:\r]++:[^\r]*", re.IGNORECASE
)
_KEPT_BY_304 = frozenset(
    {b"content-length", b"content-encoding", b"content-type", b"content-range", b"transfer-encoding"}
)
_OVERHEAD = 1024


def fields_of(raw: bytes) -> dict[bytes, bytes]:
    """The fields of an answer's head by lower-case name, those that came twice joined."""
    fields: dict[bytes, bytes] = {}
    for raw_name, value in _FIELD.findall(raw):
        name = raw_name.lower()
        fields[name] = fields[name] + b", " + value.rstrip() if name in fields else value.rstrip()
    return fields


class Stored:
    """An answer as it is kept: its head without what is made anew each time, its content, and what chose it. Times are calendar
    seconds: `asked` and `came` of its request and of the answer itself. `most_s` is how long its route lets it live."""

    __slots__ = (
        "_age",
        "_gzip",
        "_gzip_raw",
        "_plain_raw",
        "body",
        "came",
        "fields",
        "lives_s",
        "raw",
        "reason",
        "said",
        "status",
        "varied",
        "weighed",
    )

    def __init__(
        self, head: ReplyHead, body: bytes, request: Mapping[bytes, bytes], asked: float, came: float, most_s: float
    ) -> None:
        self.status, self.reason, self.body = head.status, head.reason, body
        self.varied: tuple[tuple[bytes, bytes | None], ...] = ()
        self.weighed = 0
        self._gzip: bytes | None = None
        self._head(head.raw, request, asked, came, most_s)
        decisive = told(self.raw)
        if compressible(self.status, len(body), decisive):
            self._plain_raw, self._gzip_raw = varying(self.raw, decisive), coded(self.raw, decisive)
        else:
            self._plain_raw, self._gzip_raw = self.raw, b""

    def _head(self, raw: bytes, request: Mapping[bytes, bytes], asked: float, came: float, most_s: float) -> None:
        self.raw, self.came = _REWRITTEN.sub(b"", raw), came
        fields = self.fields = fields_of(raw)
        said = self.said = directives(fields.get(b"cache-control"))
        self.varied = tuple((name, request.get(name)) for name in vary(fields) or ())
        self._age = age_when_it_came(fields, asked, came)
        self.lives_s = min(lifetime(fields, said), self._age + most_s)

    def renewed(
        self, head: ReplyHead, request: Mapping[bytes, bytes], asked: float, came: float, most_s: float
    ) -> Stored:
        """The same with the fields that a 304 brought (RFC 9111 3.2)."""
        fresh = fields_of(head.raw)
        dropped = [re.escape(name) for name in fresh if name not in _KEPT_BY_304]
        raw = (
            re.sub(rb"\r\n(?:" + b"|".join(dropped) + rb"):[^\r]*", b"", self.raw, flags=re.IGNORECASE)
            if dropped
            else self.raw
        )
        raw += b"".join(b"%s: %s\r\n" % (name, value) for name, value in fresh.items() if name not in _KEPT_BY_304)
        return Stored(
            ReplyHead(self.status, self.reason, len(self.body), keep_alive=True, raw=raw),
            self.body,
            request,
            asked,
            came,
            most_s,
        )

    def weight(self) -> int:
        """Bytes that it takes up at most, as they are counted from now on: a compressed body is made when it is asked for."""
        self.weighed = _OVERHEAD + 4 * len(self.raw) + len(self.body) * (2 if self._gzip_raw else 1)
        return self.weighed

    def fits(self, request: Mapping[bytes, bytes]) -> bool:
        """Whether a request has the same in all that chose the answer."""
        return all(request.get(name) == value for name, value in self.varied)

    def age(self, now: float) -> float:
        return self._age + max(0.0, now - self.came)

    def fresh(self, now: float, asked: Mapping[str, str]) -> bool:
        """By its own word and the request's (RFC 9111 5.2.1), which `asked` are the directives of."""
        left = self.lives_s - self.age(now)
        if "no-cache" in asked:
            return False
        if "max-age" in asked and self.age(now) > _seconds(asked["max-age"]):
            return False
        return left > (_seconds(asked["min-fresh"]) if "min-fresh" in asked else 0)

    def good_enough(self, now: float) -> bool:
        """Whether it may be given out while a new one is fetched."""
        return self.age(now) - self.lives_s <= stale_while_it_is_fetched(self.said)

    def better_than_an_error(self, now: float) -> bool:
        return self.age(now) - self.lives_s <= stale_after_errors(self.said)

    def conditions(self) -> dict[bytes, bytes]:
        """What asks the server whether it has changed."""
        etag, modified = self.fields.get(b"etag"), self.fields.get(b"last-modified")
        asked = {b"if-none-match": etag} if etag else {}
        return asked | ({b"if-modified-since": modified} if modified else {})

    def answer(self, now: float, *, unchanged: bool, gzip: bool | None) -> Answer:
        """As it goes out; `gzip` None where its route compresses nothing."""
        raw, body = self.raw if gzip is None else self._plain_raw, self.body
        if gzip and self._gzip_raw:
            raw, body = self._gzip_raw, self._coded()
        age = b"age: %d\r\n" % int(self.age(now))
        if unchanged:
            return Answer(304, head=b"HTTP/1.1 304 Not Modified" + _OF_304.sub(b"", raw) + age)
        length = b"content-length: %d\r\n" % len(body)
        return Answer(
            self.status, body=body, head=b"HTTP/1.1 %d%s%s%s%s" % (self.status, self.reason, raw, length, age)
        )

    def _coded(self) -> bytes:
        if self._gzip is None:
            self._gzip = whole(self.body)
        return self._gzip


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
