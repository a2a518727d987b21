"""Resumable uploads of films and what lies beside them: the tus protocol 1.0.0 over the object store, with its extensions
creation, creation-with-upload, creation-defer-length, expiration, checksum and termination."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import Annotated, Any

from litestar import HttpMethod, Request, Response, delete, head, patch, post, route
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, HeaderParameter

from matinee.api import problems
from matinee.api.clients import Clients, Injected, Settings
from matinee.api.pieces import ALGORITHMS, Checksum, ChecksumMismatch, Pieces, cut
from matinee.api.upload_metadata import KEYS, described
from matinee.api.viewer import Access, Origin
from matinee.ingest.contract import (
    Announce,
    ByUpload,
    NoSuchUpload,
    OffsetConflict,
    TooManyUploads,
    Upload,
    UploadGone,
)
from matinee.runtime.errors import Conflict, Invalid, MatineeError, OutOfSpace, TooLarge
from matinee.terms.viewer import Viewer

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
OFFSET_TYPE = "application/offset+octet-stream"
_TUS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}

Resumable = Annotated[str, HeaderParameter(name="Tus-Resumable", description="The protocol's version: 1.0.0.")]
Offset = Annotated[str, HeaderParameter(name="Upload-Offset", pattern=r"^[0-9]{1,15}\Z")]
Length = Annotated[
    str | None,
    HeaderParameter(name="Upload-Length", pattern=r"^[0-9]{1,15}\Z", description="The whole file's bytes, once known."),
]
Deferred = Annotated[
    str | None,
    HeaderParameter(name="Upload-Defer-Length", pattern=r"^1\Z", description="1 where the length is told later."),
]
Described = Annotated[
    str,
    HeaderParameter(
        name="Upload-Metadata", max_length=16_000, description=f"Keys with base64 values: {', '.join(KEYS)}."
    ),
]
Digest = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Checksum",
        max_length=200,
        description=f"Of the bytes in this request: one of {', '.join(ALGORITHMS)}, a space, the digest in base64.",
    ),
]
BytesType = Annotated[str, HeaderParameter(name="Content-Type", description=OFFSET_TYPE)]
MaybeBytesType = Annotated[
    str, HeaderParameter(name="Content-Type", description=f"{OFFSET_TYPE} where the first bytes come along.")
]
Override = Annotated[
    str,
    HeaderParameter(name="X-HTTP-Method-Override", description="PATCH or DELETE, where those cannot be sent."),
]


class OtherVersion(MatineeError):
    status, type, title = 412, "tus-version", "This speaks tus 1.0.0"


class WrongUploadType(MatineeError):
    status, type, title = 415, "unsupported-media-type", f"The bytes of an upload are {OFFSET_TYPE}"


@dataclass
class TakesBytes(Operation):
    """An operation whose body is an upload's bytes."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(content={OFFSET_TYPE: OpenAPIMediaType(schema=schema)})


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A problem as every other route's, with the headers that tus wants on each answer."""
    response = problems.answer(request, error)
    response.headers.update({"Tus-Resumable": VERSION})
    if isinstance(error, OtherVersion):
        response.headers["Tus-Version"] = VERSION
    return response


_OPTIONS: dict[str, Any] = {"access": Access.EDITOR, "exception_handlers": {Exception: answer}}
_APPENDING = [WrongUploadType, NoSuchUpload, UploadGone, OffsetConflict, TooLarge, OutOfSpace, ChecksumMismatch]


@route("/api/studio/uploads", http_method=[HttpMethod.OPTIONS], access=Access.PUBLIC, status_code=204)
async def options(settings: Injected[Settings]) -> Response[None]:
    """What of the tus protocol is understood."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        "Tus-Max-Size": str(settings.studio.largest),
    }
    return Response(None, status_code=204, headers=headers)


@post(
    "/api/studio/uploads",
    request_max_body_size=None,
    operation_class=TakesBytes,
    problems=[OtherVersion, *_APPENDING, TooManyUploads, Conflict],
    **_OPTIONS,
)
async def create(  # noqa: PLR0913, PLR0917 - each header of the protocol is one
    request: Request[Any, Any, Any],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
    settings: Injected[Settings],
    pieces: Injected[Pieces],
    version: Resumable = "",
    length: Length = None,
    deferred: Deferred = None,
    metadata: Described = "",
    content_type: MaybeBytesType = "",
    checksum: Digest = None,
) -> Response[None]:
    """Begin an upload; its bytes go to the address in Location. The first may come along."""
    _check_version(version)
    if (length is None) == (deferred is None):
        raise Invalid("Send Upload-Length, or Upload-Defer-Length: 1", field="Upload-Length")
    digest = None if checksum is None else Checksum(checksum)
    size = None if length is None else _positive(length)
    upload = await clients.ingest.create_upload(described(viewer.account_id, size, metadata))
    if _is_bytes(content_type):
        upload = await _append(pieces, upload, cut(request.stream(), settings.piece_size), digest)
    location = f"{origin.base}/api/studio/uploads/{upload.id}"
    return Response(None, status_code=201, headers={**_standing(upload), "Location": location})


@head("/api/studio/uploads/{upload_id:str}", problems=[OtherVersion, NoSuchUpload, UploadGone], **_OPTIONS)
async def progress(
    upload_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer], version: Resumable = ""
) -> Response[None]:
    """How far an upload is."""
    _check_version(version)
    upload = await clients.ingest.upload(ByUpload(viewer.account_id, upload_id))
    length = {"Upload-Defer-Length": "1"} if upload.size is None else {"Upload-Length": str(upload.size)}
    about = {"Upload-Metadata": upload.described} if upload.described else {}
    return Response(None, headers={**_standing(upload), **length, **about})


@patch(
    "/api/studio/uploads/{upload_id:str}",
    status_code=204,
    request_max_body_size=None,
    operation_class=TakesBytes,
    problems=[OtherVersion, *_APPENDING, TooManyUploads],
    **_OPTIONS,
)
async def resume(  # noqa: PLR0913, PLR0917 - each header of the protocol is one
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    settings: Injected[Settings],
    pieces: Injected[Pieces],
    offset: Offset,
    content_type: BytesType = "",
    version: Resumable = "",
    length: Length = None,
    checksum: Digest = None,
) -> Response[None]:
    """Go on with an upload from its offset. What arrived counts, even if the rest does not; with a checksum all or nothing."""
    _check_version(version)
    if not _is_bytes(content_type):
        raise WrongUploadType
    digest = None if checksum is None else Checksum(checksum)
    upload = await clients.ingest.upload(ByUpload(viewer.account_id, upload_id))
    if length is not None:
        upload = await clients.ingest.announce(Announce(viewer.account_id, upload_id, _positive(length)))
    if upload.offset != int(offset):
        raise OffsetConflict(f"The upload stands at {upload.offset}", offset=upload.offset)
    coming = request.headers.get("content-length", "")
    if upload.size is not None and coming.isdigit() and upload.offset + int(coming) > upload.size:
        raise TooLarge("These are more bytes than the upload was announced with")
    upload = await _append(pieces, upload, cut(request.stream(), settings.piece_size), digest)
    return Response(None, status_code=204, headers=_standing(upload))


@delete(
    "/api/studio/uploads/{upload_id:str}",
    status_code=204,
    problems=[OtherVersion, NoSuchUpload, UploadGone],
    **_OPTIONS,
)
async def terminate(
    upload_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer], version: Resumable = ""
) -> Response[None]:
    """Give an upload up; what came of it is deleted."""
    _check_version(version)
    await clients.ingest.terminate(ByUpload(viewer.account_id, upload_id))
    return Response(None, status_code=204, headers=_TUS)


@post(
    "/api/studio/uploads/{upload_id:str}",
    status_code=204,
    request_max_body_size=None,
    operation_class=TakesBytes,
    problems=[OtherVersion, *_APPENDING, TooManyUploads],
    **_OPTIONS,
)
async def override(  # noqa: PLR0913, PLR0917 - each header of the protocol is one
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    settings: Injected[Settings],
    pieces: Injected[Pieces],
    method: Override,
    offset: Offset = "0",
    content_type: MaybeBytesType = "",
    version: Resumable = "",
    length: Length = None,
    checksum: Digest = None,
) -> Response[None]:
    """PATCH or DELETE, for clients behind something that lets neither through."""
    match method.upper():
        case "PATCH":
            return await resume.fn(
                request, upload_id, clients, viewer, settings, pieces, offset, content_type, version, length, checksum
            )
        case "DELETE":
            return await terminate.fn(upload_id, clients, viewer, version)
        case _:
            raise Invalid("X-HTTP-Method-Override is PATCH or DELETE", field="X-HTTP-Method-Override")


async def _append(pieces: Pieces, upload: Upload, stream: Any, checksum: Checksum | None) -> Upload:
    if checksum is not None:
        return await pieces.add_checked(upload, stream, checksum)
    async for data in stream:
        upload = await pieces.add(upload, data)
    return upload


def _check_version(version: str) -> None:
    if version != VERSION:
        raise OtherVersion


def _is_bytes(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == OFFSET_TYPE


def _positive(length: str) -> int:
    if int(length) == 0:
        raise Invalid("The file is empty", field="Upload-Length")
    return int(length)


def _standing(upload: Upload) -> dict[str, str]:
    """Where the upload stands, and until when it waits for more."""
    expires = {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)} if upload.expires_at else {}
    return {**_TUS, "Upload-Offset": str(upload.offset), **expires}


ROUTES = [options, create, progress, resume, terminate, override]
