from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from matinee.gateway.answer import Answer, Fields, problem
from matinee.gateway.errors import MethodRefused
from matinee.gateway.request import Request
from matinee.runtime.errors import NotFound

_INDEX = b"/index.html"
_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+\Z")
_TEXT = re.compile(r"text/|application/(?:javascript|json|manifest\+json|xml|wasm)|image/svg")
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".vtt": "text/vtt",
    ".map": "application/json",
}
_LEAST_GZIP = 1024


class Form(NamedTuple):
    """A file as it is sent: plain, gzip or br, each with an entity tag of its own."""

    etag: bytes
    fields: Fields
    body: bytes


class File(NamedTuple):
    """The forms of one file by content coding; `""` is always there."""

    forms: Mapping[str, Form]


class Static:
    """The built client, in memory. A path that is not a file is the application's own (it has routes of its own) when the
    browser wants a page; below /api it never is.

    Pages carry no validator and are fetched each time: their security policy changes with the appliances.
    """

    def __init__(self, files: Mapping[bytes, File]) -> None:
        self._files = files

    @classmethod
    def load(cls, folder: Path) -> Static:
        """Every file below the folder; none where there is no such folder. A link out of it is left out."""
        root = folder.resolve()
        paths = [path for path in root.rglob("*") if path.is_file() and path.resolve().is_relative_to(root)]
        contents = {"/" + path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(paths)}
        plain = [name for name in contents if not name.endswith((".gz", ".br")) or name[:-3] not in contents]
        return cls({name.encode(): _file(name, contents) for name in plain})

    def answer(self, request: Request) -> Answer:
        file = self._find(request)
        if file is None:
            return problem(NotFound(self._nothing(request)))
        if request.method not in {b"GET", b"HEAD"}:
            return problem(MethodRefused("This can be read only", allow="GET, HEAD"))
        form = _chosen(file.forms, request.fields.get(b"accept-encoding", b"").decode("latin-1"))
        if _matches(request.header(b"if-none-match"), form.etag):
            kept = tuple(field for field in form.fields if field[0] not in {b"content-type", b"content-encoding"})
            return Answer(304, kept)
        return Answer(200, form.fields, form.body)

    def _find(self, request: Request) -> File | None:
        path = request.path
        found = self._files.get(path + b"index.html" if path.endswith(b"/") else path)
        if found is not None or path == b"/api" or path.startswith(b"/api/"):
            return found
        wants_page = request.method in {b"GET", b"HEAD"} and b"text/html" in request.fields.get(b"accept", b"")
        return self._files.get(_INDEX) if wants_page else None

    def _nothing(self, request: Request) -> str:
        if self._files:
            return f"There is nothing at {request.path.decode('utf-8', 'replace')}"
        return "The web client has not been built here; the API is below /api"


def _file(name: str, contents: Mapping[str, bytes]) -> File:
    content = contents[name]
    suffix = PurePosixPath(name).suffix
    media = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    textual = _TEXT.match(media) is not None
    coded = {"": content}
    for coding, ending in (("br", ".br"), ("gzip", ".gz")):
        if name + ending in contents:
            coded[coding] = contents[name + ending]
    if textual and "gzip" not in coded and len(content) >= _LEAST_GZIP:
        coded["gzip"] = gzip.compress(content, 9, mtime=0)
    smaller = {coding: body for coding, body in coded.items() if not coding or len(body) < len(content)}
    full = f"{media}; charset=utf-8" if textual else media
    return File({coding: _form(name, full, coding, body, len(smaller) > 1) for coding, body in smaller.items()})


def _form(name: str, media: str, coding: str, body: bytes, varies: bool) -> Form:  # noqa: FBT001
    etag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
    fields: list[tuple[bytes, bytes]] = [(b"content-type", media.encode())]
    if media.startswith("text/html"):
        fields.append((b"cache-control", b"no-store"))
        etag = b""
    elif _HASHED.search(name):
        fields += [(b"cache-control", b"public, max-age=31536000, immutable"), (b"etag", etag)]
    else:
        fields += [(b"cache-control", b"no-cache"), (b"etag", etag)]
    if coding:
        fields.append((b"content-encoding", coding.encode()))
    if varies:
        fields.append((b"vary", b"accept-encoding"))
    return Form(etag, tuple(fields), body)


def _chosen(forms: Mapping[str, Form], accepted: str) -> Form:
    """The smallest form that the client takes (RFC 9110 12.5.3)."""
    taken = {coding: quality for coding, quality in map(_weighted, accepted.lower().split(",")) if coding}
    other = taken.get("*", 0.0)
    fitting: Iterable[str] = [coding for coding in forms if coding and taken.get(coding, other) > 0]
    return forms[min(fitting, key=lambda coding: len(forms[coding].body), default="")]


def _weighted(item: str) -> tuple[str, float]:
    coding, _, parameter = item.strip().partition(";")
    try:
        return coding.strip(), float(parameter.partition("=")[2]) if parameter else 1.0
    except ValueError:
        return coding.strip(), 0.0


def _matches(told: bytes | None, etag: bytes) -> bool:
    """RFC 9110 13.1.2, by weak comparison."""
    if not told or not etag:
        return False
    return told.strip() == b"*" or etag in {tag.strip().removeprefix(b"W/") for tag in told.split(b",")}
