"""The appliance as a site: token, file, range, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from matinee.cdn import answer
from matinee.cdn.content import Content
from matinee.cdn.gate import ELSEWHERE, Gate, Refused
from matinee.cdn.head import Fields, Head
from matinee.cdn.ranges import Unsatisfiable, part
from matinee.cdn.shelf import Shelf
from matinee.cdn.site import Answer, Grant
from matinee.runtime.errors import OutOfSpace

AskAgain = Callable[[], asyncio.Future[None] | None]
"""Asks the core now whether there is a newer manifest; None where that was just done."""


class Delivery:
    """Answers `/{token}/{title}/{encode}/{file}`. A query, as CMCD's, is not looked at; nothing of a request is logged."""

    date = b""
    tick = 1

    def __init__(self, gate: Gate, shelf: Shelf, ask_again: AskAgain) -> None:
        self._gate = gate
        self._grants = gate.grants
        self._shelf = shelf
        self._opened = shelf.opened
        self._ask_again = ask_again
        self.now = 0.0
        """Calendar seconds of this tick."""

    def answer(self, head: Head) -> Answer | Awaitable[None]:
        target = head.target
        query = target.find(b"?")
        cut = target.find(b"/", 1)
        path = target[cut + 1 :] if query < 0 else target[cut + 1 : query]
        grant = self._grants.get(target[1:cut])
        if grant is None or grant.expires <= self.now or not path.startswith(grant.prefix):
            return self._unsure(head, target[1:cut], path)
        content = self._opened.get(path)
        if content is None:
            return self._fetch(head, grant, path)
        return self._give(head, grant, content, content.heads[0])

    def _unsure(self, head: Head, segment: bytes, path: bytes) -> Answer | Awaitable[None]:
        if head.method == b"OPTIONS":
            return Answer(answer.preflight(self.date))
        try:
            grant = self._gate.admit(segment)
            if not isinstance(grant, Grant):
                return grant
            if not path.startswith(grant.prefix):
                raise ELSEWHERE
        except Refused as refused:
            return self._problem(head, 403, refused.kind, refused.detail)
        return self._fetch(head, grant, path)

    def _fetch(self, head: Head, grant: Grant, path: bytes) -> Answer | Awaitable[None]:
        if (content := self._opened.get(path)) is not None:
            return self._give(head, grant, content, content.heads[0])
        if path not in self._shelf.library.files:
            asking = self._ask_again()
            return asking if asking is not None else self._problem(head, 404, "not-found", "There is no such file")
        try:
            content = self._shelf.take(path)
        except OutOfSpace:
            return self._problem(head, 503, "out-of-space", "This appliance cannot take the file in")
        except OSError:
            return self._problem(head, 503, "unavailable", "This appliance cannot open the file now")
        if content is None:
            return self._problem(head, 404, "not-found", "There is no such file")
        return self._give(head, grant, content, content.heads[content.available < content.size])

    def _give(self, head: Head, grant: Grant, content: Content, headers: bytes) -> Answer:
        fields, size = head.fields, content.size
        if head.method != b"GET":
            return self._bodiless(head, headers, size)
        if fields.conditional and _matches(fields, headers):
            return Answer(answer.unchanged(self.date, headers))
        if fields.span is None or (fields.conditional and not _still(fields, headers)):
            return Answer(answer.whole(self.date, headers, size), content, 0, size, grant)
        try:
            start, end = part(fields.span, size)
        except Unsatisfiable:
            return self._beyond(head, size)
        return Answer(answer.partial(self.date, headers, start, end, size), content, start, end, grant)

    def _bodiless(self, head: Head, headers: bytes, size: int) -> Answer:
        if head.method == b"OPTIONS":
            return Answer(answer.preflight(self.date))
        if _matches(head.fields, headers):
            return Answer(answer.unchanged(self.date, headers))
        return Answer(answer.whole(self.date, headers, size))

    def _beyond(self, head: Head, size: int) -> Answer:
        extra = b"content-range: bytes */%d\r\n" % size
        return self._problem(head, 416, "range-not-satisfiable", f"The file has {size} bytes", extra)

    def _problem(self, head: Head, status: int, kind: str, detail: str, extra: bytes = b"") -> Answer:
        return Answer(answer.problem(self.date, status, kind, detail, extra=extra, body=head.method != b"HEAD"))


def _etag(headers: bytes) -> bytes:
    start = headers.index(b"etag: ") + 6
    return headers[start : headers.index(b"\r", start)]


def _matches(fields: Fields, headers: bytes) -> bool:
    """If-None-Match, compared weakly (RFC 9110 section 13.1.2)."""
    given = fields.value(b"if-none-match")
    if given is None:
        return False
    own = _etag(headers)
    return given == b"*" or own in [one.strip(b" \t").removeprefix(b"W/") for one in given.split(b",")]


def _still(fields: Fields, headers: bytes) -> bool:
    """If-Range, compared strongly; a date never matches, for no file here has one."""
    given = fields.value(b"if-range")
    return given is None or given == _etag(headers)
