"""Messages of the corpus, a little wrong: what a broken client or a hostile one may send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

PIECES = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"0", b"1", b"-1", b"0x", b"ffffffffffffffff",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"chunked", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Host: localhost\r\n", b"TE: trailers\r\n", b"HTTP/1.1", b"HTTP/1.0",
    b"GET /api/x HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\n", b"\xff", b"\x80", b"a" * 300, b"%2e%2e/", b"?", b"#",
)  # fmt: skip


class Mutation:
    """Each call makes another of a message. The same random numbers make the same."""

    def __init__(self, random: Random, others: Sequence[bytes]) -> None:
        self._random = random
        self._others = others
        self._ways: list[Callable[[bytes], bytes]] = [
            self._flip, self._cut, self._insert, self._splice, self._double_line, self._swap_lines, self._number, self._overwrite,
        ]  # fmt: skip

    def __call__(self, data: bytes) -> bytes:
        for _ in range(self._random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            data = self._random.choice(self._ways)(data)
        return data

    def parts(self, data: bytes) -> list[bytes]:
        """In up to five, or now and then byte by byte."""
        if len(data) < 300 and self._random.random() < 0.05:
            return [data[at : at + 1] for at in range(len(data))]
        cuts = sorted(self._at(data) for _ in range(self._random.choice((0, 0, 1, 1, 2, 4))))
        edges = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(edges) if a < b]

    def _at(self, data: bytes) -> int:
        return self._random.randrange(len(data) + 1)

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._random.randrange(8)]) + data[at + 1 :]

    def _cut(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + data[at + self._random.choice((1, 1, 2, 5, 40)) :]

    def _insert(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._random.choice(PIECES) + data[at:]

    def _overwrite(self, data: bytes) -> bytes:
        at, piece = self._at(data), self._random.choice(PIECES)
        return data[:at] + piece + data[at + len(piece) :]

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._others)
        return data[: self._at(data)] + other[self._at(other) :]

    def _double_line(self, data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        at = self._random.randrange(len(lines))
        return b"\r\n".join([*lines[: at + 1], *lines[at:]])

    def _swap_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        a, b = self._random.randrange(len(lines)), self._random.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        return b"\r\n".join(lines)

    def _number(self, data: bytes) -> bytes:
        """Another number where one stands: a length, a chunk's size, a version."""
        digits = [at for at, byte in enumerate(data) if byte in b"0123456789abcdef"]
        if not digits:
            return data
        at = self._random.choice(digits)
        return data[:at] + b"%x" % self._random.choice((0, 1, 4, 6, 9, 15, 255, 1 << 40)) + data[at + 1 :]
