"""Ingest: a film file becomes a title that plays, or one sentence says why not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.services.catalog.contract import Metadata


class NoSuchUpload(NotFound):
    type, title = "no-such-upload", "There is no such upload"


class OffsetConflict(Conflict):
    """`extra.offset` is where the upload stands."""

    type, title = "offset-conflict", "The upload stands at another offset"


class Phase(StrEnum):
    UPLOADING = "uploading"
    PREPARING = "preparing"
    PLAYABLE = "playable"
    FAILED = "failed"
    CANCELED = "canceled"


class CreateUpload(Struct, frozen=True):
    """`subtitle_of` makes the file a WebVTT or SRT sidecar of another upload of the same account, in `language`; the film's
    upload waits for those announced by `sidecars`."""

    account_id: str
    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)]
    metadata: Metadata
    sidecars: Annotated[int, Meta(ge=0, le=40)] = 0
    subtitle_of: str | None = None
    language: str = "und"


class Upload(Struct, frozen=True):
    id: str
    account_id: str
    filename: str
    size: int
    offset: int
    created_at: datetime


class ByUpload(Struct, frozen=True):
    account_id: str
    upload_id: str


class Append(Struct, frozen=True):
    """A piece of `size` bytes that the caller has put to objects under `piece(upload_id, offset)`. Bytes travel through
    objects; this makes them count."""

    account_id: str
    upload_id: str
    offset: int
    size: int


def piece(upload_id: str, offset: int) -> str:
    """The object that holds an upload's bytes from `offset` on; sorted by name the pieces are the file."""
    return f"uploads/{upload_id}/{offset:020d}"


class Sidecar(Struct, frozen=True):
    """A WebVTT or SRT file: an absolute path or an object's key, as its film's."""

    source: str
    language: str


class Start(Struct, frozen=True):
    """Takes a file that lies on this machine (`matinee add`). Repeats with the same `key` are the same preparation.
    `move` lets ingest take the file away when it has it."""

    key: str
    path: str
    filename: str
    metadata: Metadata
    sidecars: list[Sidecar] = []
    publish: bool = True
    move: bool = False


class Preparation(Struct, frozen=True):
    """`step` is what is done now, `progress` 0 to 1 of the whole, `message` the reason when it failed."""

    id: str
    title_id: str
    title: str
    filename: str
    phase: Phase
    step: str
    progress: float
    message: str
    created_at: datetime
    version: int


class ObservePreparations(Struct, frozen=True):
    """Waits up to `wait_s` for preparations that changed after the cursor; zero gives at once all that are unfinished, and
    those that failed in the last seven days and were not tried again or canceled since."""

    after: int
    wait_s: float


class Preparations(Struct, frozen=True):
    cursor: int
    preparations: list[Preparation]


class ByPreparation(Struct, frozen=True):
    id: str


class Sweep(Struct, frozen=True):
    """Nothing to say; the timer's message."""


class Ingest(Protocol):
    @operation()
    async def create_upload(self, message: CreateUpload) -> Upload:
        """Raises TooLarge, OutOfSpace, NoSuchUpload (the film of a sidecar)."""
        ...

    @operation(idempotent=True)
    async def upload(self, message: ByUpload) -> Upload:
        """Raises NoSuchUpload."""
        ...

    @operation(timeout_s=60)
    async def append(self, message: Append) -> Upload:
        """Durable when it returns; the last byte starts the preparation. Raises NoSuchUpload, OffsetConflict, OutOfSpace."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def start(self, message: Start) -> Preparation:
        """Raises Invalid when the file cannot be read, OutOfSpace when it cannot be taken."""
        ...

    @operation(idempotent=True)
    async def preparation(self, message: ByPreparation) -> Preparation:
        """Raises NotFound."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe(self, message: ObservePreparations) -> Preparations: ...

    @operation(idempotent=True)
    async def cancel(self, message: ByPreparation) -> Preparation:
        """A film that failed is given up, and shown no more. Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def retry(self, message: ByPreparation) -> Preparation:
        """Raises NotFound, Conflict unless it failed."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def sweep(self, message: Sweep) -> None:
        """Goes on with what a crash interrupted, drops uploads that nobody finishes, deletes what preparations left."""
        ...
