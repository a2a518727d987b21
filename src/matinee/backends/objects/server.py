"""Objects for machines that share no disk with them: the part of S3's API that obstore speaks, as an ASGI app.

GET, HEAD, PUT and DELETE of `/{bucket}/{key}`, uploads in parts, ListObjectsV2 and DeleteObjects; the bucket's name is
`BUCKET`. Who bears the token may touch what lies under the prefixes, and nothing else.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

import obstore
from msgspec import Struct
from obstore.store import ObjectStore

from matinee.backends.objects import s3_messages as messages
from matinee.backends.objects.errors import by_meaning
from matinee.backends.objects.parts import Parts
from matinee.backends.objects.s3_messages import Listed
from matinee.runtime.errors import Forbidden, Invalid, MatineeError, NotFound, TooLarge, Unauthenticated

BUCKET = "objects"
_MOST_ASKED = 4 << 20
_PIECE = 1 << 20
_PAGE = 1000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")
_BAD_KEY = re.compile(r"(^|/)(\.{0,2})(/|$)|[\x00-\x1f\x7f]")
_CODES = {400: "InvalidRequest", 401: "AccessDenied", 403: "AccessDenied", 404: "NoSuchKey", 507: "OutOfSpace"}
_XML = "application/xml"
_log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Request(Struct, frozen=True):
    """`key` is empty where the bucket itself is meant."""

    method: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive


class Answer(Struct, frozen=True):
    """`length` is of the body, also where none is sent."""

    status: int
    body: bytes | AsyncIterator[bytes] = b""
    kind: str = _XML
    headers: Mapping[str, str] = {}
    length: int | None = None


class Door:
    """ASGI. `prefixes` end with a slash; without the token nobody learns even whether an object is there."""

    def __init__(self, objects: ObjectStore, parts: Parts, token: str, prefixes: Sequence[str]) -> None:
        self._objects = objects
        self._parts = parts
        self._bearer = f"Bearer {token}".encode()
        self._prefixes = tuple(prefixes)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(self._asked(scope, receive))
        except FileNotFoundError:
            answer = _refused(NotFound())
        except MatineeError as error:
            answer = _refused(error)
        except ValueError as wrong:  # what is no key, no text, or no number
            answer = _refused(Invalid(str(wrong)))
        except Exception:  # noqa: BLE001 - logged, and told to nobody
            _log.exception("%s %s failed", scope["method"], scope["path"])
            answer = _refused(MatineeError())
        await _send(send, scope["method"], answer)

    def _asked(self, scope: Any, receive: Receive) -> Request:
        raw: dict[bytes, bytes] = dict(scope["headers"])
        if not hmac.compare_digest(raw.get(b"authorization", b""), self._bearer):
            raise Unauthenticated("This door asks for its service token")
        path: str = unquote(scope["raw_path"].decode("latin-1"), errors="strict")
        bucket, _, key = path.lstrip("/").partition("/")
        if bucket != BUCKET:
            raise NotFound
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="strict"))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw.items()}
        if key:
            self._check(key)
        return Request(scope["method"], key, query, headers, receive)

    def _check(self, key: str) -> None:
        """Raises Forbidden, Invalid."""
        if _BAD_KEY.search(key):
            raise Invalid("This is no key.")
        if not key.startswith(self._prefixes):
            raise Forbidden("This key is not for workers.")

    async def _answer(self, asked: Request) -> Answer:
        match asked.method, bool(asked.key):
            case "GET", False:
                return await self._list(asked)
            case "POST", False if "delete" in asked.query:
                return await self._delete_many(asked)
            case "GET" | "HEAD", True:
                return await self._get(asked)
            case "PUT", True:
                return await self._put(asked)
            case "POST", True:
                return await self._in_parts(asked)
            case "DELETE", True:
                return await self._delete(asked)
            case _:
                raise Invalid("This door has no such call.")

    async def _get(self, asked: Request) -> Answer:
        meta = await obstore.head_async(self._objects, asked.key)
        start, end = _span(asked.headers.get("range"), meta["size"])
        partial = end - start < meta["size"]
        headers = {
            "etag": meta["e_tag"] or '"-"',
            "last-modified": format_datetime(meta["last_modified"], usegmt=True),
            "accept-ranges": "bytes",
        }
        if partial:
            headers["content-range"] = f"bytes {start}-{end - 1}/{meta['size']}"
        body = self._pieces(asked.key, start, end) if asked.method == "GET" else b""
        return Answer(206 if partial else 200, body, "application/octet-stream", headers, end - start)

    async def _pieces(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if start == end:
            return
        options = cast("Any", {"range": (start, end)})
        found = await obstore.get_async(self._objects, key, options=options)
        async for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)

    async def _put(self, asked: Request) -> Answer:
        if "x-amz-copy-source" in asked.headers:
            raise Invalid("This door copies nothing.")
        number, upload = asked.query.get("partNumber"), asked.query.get("uploadId")
        if number is not None and upload is not None:
            tag = await self._parts.put(upload, asked.key, _number(number), _body(asked.receive))
            return Answer(200, headers={"etag": tag})
        with by_meaning():
            put = await obstore.put_async(self._objects, asked.key, _body(asked.receive))
        return Answer(200, headers={"etag": put["e_tag"] or '"-"'})

    async def _in_parts(self, asked: Request) -> Answer:
        if "uploads" in asked.query:
            return Answer(200, messages.begun(await self._parts.begin(asked.key)))
        upload = asked.query.get("uploadId", "")
        numbers = messages.parts_of(await _whole(asked.receive))
        pieces = self._parts.joined(upload, asked.key, numbers)
        with by_meaning():
            put = await obstore.put_async(self._objects, asked.key, pieces)
        await self._parts.end(upload)
        return Answer(200, messages.completed(asked.key, put["e_tag"] or '"-"'))

    async def _delete(self, asked: Request) -> Answer:
        if (upload := asked.query.get("uploadId")) is not None:
            await self._parts.end(upload)
            return Answer(204)
        await self._gone(asked.key)
        return Answer(204)

    async def _delete_many(self, asked: Request) -> Answer:
        keys = messages.keys_of(await _whole(asked.receive))
        for key in keys:
            self._check(key)
        for key in keys:
            await self._gone(key)
        return Answer(200, messages.deleted(keys))

    async def _gone(self, key: str) -> None:
        try:
            await obstore.delete_async(self._objects, key)
        except FileNotFoundError:  # S3 does not tell
            return

    async def _list(self, asked: Request) -> Answer:
        prefix = asked.query.get("prefix", "")
        if not prefix.startswith(self._prefixes):
            raise Forbidden("This prefix is not for workers.")
        folder, _, _ = prefix.rpartition("/")
        after = asked.query.get("continuation-token", "")
        if asked.query.get("delimiter") == "/":
            found = await cast("Any", obstore).list_with_delimiter_async(self._objects, folder)
            objects, folders = found["objects"], [f"{name.rstrip('/')}/" for name in found["common_prefixes"]]
        else:
            objects, folders = [meta async for meta in self._every(folder)], []
        listed = sorted(
            (_listed(meta) for meta in objects if meta["path"].startswith(prefix) and meta["path"] > after),
            key=lambda each: each.key,
        )
        page, rest = listed[:_PAGE], listed[_PAGE:]
        folders = sorted(folder for folder in folders if folder.startswith(prefix)) if not after else []
        return Answer(200, messages.listing(prefix, page, folders, page[-1].key if rest else None))

    async def _every(self, folder: str) -> AsyncIterator[Any]:
        async for some in cast("Any", obstore).list(self._objects, prefix=folder):
            for meta in some:
                yield meta


def _listed(meta: Any) -> Listed:
    changed: datetime = meta["last_modified"]
    return Listed(meta["path"], meta["size"], changed, meta["e_tag"] or '"-"')


def _span(asked: str | None, size: int) -> tuple[int, int]:
    """The first byte and the one after the last. Raises Invalid for a range that lies outside."""
    found = _RANGE.match(asked or "")
    if found is None or not (found[1] or found[2]):
        return 0, size
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    if start >= end:
        raise Invalid("The range lies outside the object.")
    return start, end


def _number(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise Invalid("A part's number is 1 to 10000.")
    return int(text)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The caller went away")
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body"):
            return


async def _whole(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in _body(receive):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_ASKED:
            raise TooLarge
    return b"".join(pieces)


def _refused(error: MatineeError) -> Answer:
    status = error.status
    return Answer(status, messages.fault(_CODES.get(status, "InternalError"), error.detail))


async def _send(send: Send, method: str, answer: Answer) -> None:
    whole = answer.body if isinstance(answer.body, bytes) else None
    length = answer.length if answer.length is not None else len(whole or b"")
    headers = {**answer.headers, "content-type": answer.kind, "content-length": str(length)}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if whole is None and method != "HEAD":
        async for piece in cast("AsyncIterator[bytes]", answer.body):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": whole if whole and method != "HEAD" else b""})
