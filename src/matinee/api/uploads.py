"""Resumable uploads of films and subtitles: the tus protocol 1.0.0 with its creation extension, over the object store."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Annotated, Any
from weakref import WeakValueDictionary

import msgspec
import obstore
from litestar import HttpMethod, Request, Response, head, patch, post, route
from litestar.exceptions import InternalServerException
from litestar.params import FromPath, HeaderParameter

from matinee.api.clients import Clients, Injected, Settings
from matinee.api.viewer import Access, Origin
from matinee.backends.objects.errors import by_meaning
from matinee.ingest.contract import (
    Append,
    ByUpload,
    CreateUpload,
    NoSuchUpload,
    OffsetConflict,
    Upload,
    piece,
)
from matinee.runtime.errors import Invalid, MatineeError, OutOfSpace, TooLarge
from matinee.services.catalog.contract import Metadata
from matinee.terms.viewer import Viewer

VERSION = "1.0.0"
OFFSET_TYPE = "application/offset+octet-stream"
_TUS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}

Resumable = Annotated[str, HeaderParameter(name="Tus-Resumable", description="The protocol's version: 1.0.0.")]
Offset = Annotated[str, HeaderParameter(name="Upload-Offset", pattern=r"^[0-9]{1,15}\Z")]
Length = Annotated[str, HeaderParameter(name="Upload-Length", pattern=r"^[0-9]{1,15}\Z")]
Described = Annotated[
    str,
    HeaderParameter(
        name="Upload-Metadata",
        max_length=16_000,
        description=(
            "Keys with base64 values: filename, title, synopsis, year, genre (comma separated), maturity, language, "
            "sidecars, subtitle_of, subtitle_language."
        ),
    ),
]
BytesType = Annotated[str, HeaderParameter(name="Content-Type", description=OFFSET_TYPE)]


class OtherVersion(MatineeError):
    status, type, title = 412, "tus-version", "This speaks tus 1.0.0"


class WrongUploadType(MatineeError):
    status, type, title = 415, "unsupported-media-type", f"The bytes of an upload are {OFFSET_TYPE}"


@route("/api/studio/uploads", http_method=[HttpMethod.OPTIONS], access=Access.PUBLIC, status_code=204)
async def options(settings: Injected[Settings]) -> Response[None]:
    """What of the tus protocol is understood."""
    headers = {"Tus-Version": VERSION, "Tus-Extension": "creation", "Tus-Max-Size": str(settings.studio.largest)}
    return Response(None, status_code=204, headers={**_TUS, **headers})


@post("/api/studio/uploads", access=Access.EDITOR, problems=[OtherVersion, TooLarge, OutOfSpace, NoSuchUpload])
async def create(
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
    version: Resumable,
    length: Length,
    metadata: Described = "",
) -> Response[None]:
    """Begin an upload; its bytes go to the address in Location."""
    _check_version(version)
    upload = await clients.ingest.create_upload(described(viewer.account_id, int(length), metadata))
    location = f"{origin.base}/api/studio/uploads/{upload.id}"
    return Response(None, status_code=201, headers={**_TUS, "Location": location, "Upload-Offset": "0"})


@head("/api/studio/uploads/{upload_id:str}", access=Access.EDITOR, problems=[OtherVersion, NoSuchUpload])
async def progress(
    upload_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer], version: Resumable
) -> Response[None]:
    """How far an upload is."""
    _check_version(version)
    upload = await clients.ingest.upload(ByUpload(viewer.account_id, upload_id))
    return Response(None, headers={**_offset(upload), "Upload-Length": str(upload.size)})


@patch(
    "/api/studio/uploads/{upload_id:str}",
    access=Access.EDITOR,
    status_code=204,
    request_max_body_size=None,
    problems=[OtherVersion, WrongUploadType, NoSuchUpload, OffsetConflict, TooLarge, OutOfSpace],
)
async def resume(  # noqa: PLR0913, PLR0917 - each header of the protocol is one
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    settings: Injected[Settings],
    pieces: Injected[Pieces],
    version: Resumable,
    offset: Offset,
    content_type: BytesType,
) -> Response[None]:
    """Go on with an upload from its offset. What arrived counts, even if the rest does not."""
    _check_version(version)
    if content_type.partition(";")[0].strip().lower() != OFFSET_TYPE:
        raise WrongUploadType
    upload = await clients.ingest.upload(ByUpload(viewer.account_id, upload_id))
    if upload.offset != int(offset):
        raise OffsetConflict(f"The upload stands at {upload.offset}", offset=upload.offset)
    async for data in cut(request.stream(), settings.piece_size):
        upload = await pieces.add(upload, data)
    return Response(None, status_code=204, headers=_offset(upload))


class Pieces:
    """Puts an upload's bytes into the object store, piece by piece. Two requests for one upload do not write over each
    other: each looks where the upload stands before it puts a piece, and no other does in between."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(self, upload: Upload, data: bytes) -> Upload:
        """The upload with these bytes at its end. Raises OffsetConflict, TooLarge, OutOfSpace."""
        if upload.offset + len(data) > upload.size:
            raise TooLarge("These are more bytes than the upload was announced with")
        lock = self._locks.setdefault(upload.id, asyncio.Lock())
        async with lock:
            present = await self._clients.ingest.upload(ByUpload(upload.account_id, upload.id))
            if present.offset != upload.offset:
                raise OffsetConflict(f"The upload stands at {present.offset}", offset=present.offset)
            with by_meaning():
                await obstore.put_async(self._clients.objects, piece(upload.id, upload.offset), data)
            return await self._clients.ingest.append(Append(upload.account_id, upload.id, upload.offset, len(data)))


async def cut(stream: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The stream in pieces of `size`, the last one shorter. A client that goes away ends it like one that is done."""
    held = bytearray()
    with contextlib.suppress(InternalServerException):
        async for data in stream:
            held += data
            while len(held) >= size:
                yield bytes(held[:size])
                del held[:size]
    if held:
        yield bytes(held)


def described(account_id: str, size: int, header: str) -> CreateUpload:
    """The upload that an Upload-Metadata header describes. Raises Invalid, naming the key."""
    found = metadata_of(header)
    filename = found.get("filename") or "film"
    about = {
        "title": found.get("title") or PurePath(filename).stem,
        "synopsis": found.get("synopsis", ""),
        "genres": [genre.strip() for genre in found.get("genre", "").split(",") if genre.strip()],
        **{key: found[key] for key in ("year", "maturity", "language") if found.get(key)},
    }
    try:
        upload = {
            "account_id": account_id,
            "filename": filename,
            "size": size,
            "metadata": msgspec.convert(about, Metadata, strict=False),
            "sidecars": found.get("sidecars") or 0,
            "subtitle_of": found.get("subtitle_of") or None,
            "language": found.get("subtitle_language") or "und",
        }
        return msgspec.convert(upload, CreateUpload, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"Upload-Metadata: {wrong}", field="Upload-Metadata") from wrong


def metadata_of(header: str) -> dict[str, str]:
    """Key and base64 value, divided by a space; pairs divided by commas; a value may be missing."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as wrong:
            raise Invalid(f"Upload-Metadata: {key} is not base64 of UTF-8", field="Upload-Metadata") from wrong
    return found


def _check_version(version: str) -> None:
    if version != VERSION:
        raise OtherVersion


def _offset(upload: Upload) -> dict[str, str]:
    return {**_TUS, "Upload-Offset": str(upload.offset)}


ROUTES = [options, create, progress, resume]
