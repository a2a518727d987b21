from __future__ import annotations

from collections.abc import Mapping

from matinee.gateway.compression.gzip import Gzip, whole
from matinee.gateway.compression.rules import coded, compressible, told, varying, wanted
from matinee.gateway.wire.framing import LAST_CHUNK, chunk
from matinee.gateway.wire.head import ReplyHead


def compresses(head: ReplyHead, request: Mapping[bytes, bytes]) -> bool:
    """Whether the answer with this head goes out compressed to a request with these fields."""
    return wanted(request) and compressible(head.status, head.length, told(head.raw))


class Compressed:
    """An answer of a route that compresses: at once where it is all here, else as it comes; and as it is, where it may not be
    compressed or who asks does not take that. `request` are the fields of who asks, `chunks` says that they know chunks."""

    __slots__ = ("_chunks", "_gzip", "_is_head", "_request")

    def __init__(self, request: Mapping[bytes, bytes], *, chunks: bool, is_head: bool) -> None:
        self._request = request
        self._chunks = chunks
        self._is_head = is_head
        self._gzip: Gzip | None = None

    def begin(self, head: ReplyHead, content: bytes) -> tuple[ReplyHead, bytes]:
        decisive = told(head.raw)
        if head.status == 304 or (self._is_head and head.length < 0):
            return head._replace(raw=varying(head.raw, decisive)), content
        if not compressible(head.status, head.length, decisive):
            return head, content
        if not wanted(self._request):
            return head._replace(raw=varying(head.raw, decisive)), content
        raw = coded(head.raw, decisive)
        return (head._replace(raw=raw), content) if self._is_head else self._begun(head, raw, content)

    def _begun(self, head: ReplyHead, raw: bytes, content: bytes) -> tuple[ReplyHead, bytes]:
        if head.length == len(content):
            content = whole(content)
            return head._replace(raw=raw + b"content-length: %d\r\n" % len(content), length=len(content)), content
        self._gzip = Gzip(live=head.length < 0)
        if not self._chunks:
            return head._replace(raw=raw, length=-2), self.go_on(content)
        return head._replace(raw=raw + b"transfer-encoding: chunked\r\n", length=-1), self.go_on(content)

    def go_on(self, data: bytes) -> bytes:
        if self._gzip is None:
            return data
        data = self._gzip.code(data)
        return chunk(data) if self._chunks else data

    def end(self) -> bytes:
        if self._gzip is None:
            return b""
        last = self._gzip.end()
        return chunk(last) + LAST_CHUNK if self._chunks else last
