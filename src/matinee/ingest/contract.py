"""Ingest: a film file becomes a title that plays, or one sentence says why not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, Forbidden, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.finding import Finding
from matinee.terms.rendition import Role
from matinee.terms.stage import Stage
from matinee.terms.title import Metadata


class NoSuchUpload(NotFound):
    type, title = "no-such-upload", "There is no such upload"


class UploadGone(NotFound):
    """It was canceled, or nobody went on with it for a day."""

    status, type, title = 410, "upload-gone", "This upload was given up; send the file anew"


class TooManyUploads(Forbidden):
    """The account has as much unfinished as it may."""

    type, title = "too-many-uploads", "There are too many unfinished uploads; finish or cancel one first"


class OffsetConflict(Conflict):
    """`extra.offset` is where the upload stands."""

    type, title = "offset-conflict", "The upload stands at another offset"


class Phase(StrEnum):
    """A film that plays while better pictures are still made is `improving`. Of one that is `known` the very bytes came in
    before, and nothing was added."""

    UPLOADING = "uploading"
    PREPARING = "preparing"
    IMPROVING = "improving"
    PLAYABLE = "playable"
    FAILED = "failed"
    CANCELED = "canceled"
    KNOWN = "known"


class Protection(StrEnum):
    """How a film's segments are kept from who may not watch: by the token in their address alone, or encrypted besides."""

    SIGNED = "signed"
    CLEARKEY = "clearkey"


class InSeries(Struct, frozen=True):
    """Where an episode belongs. `series` is the series' title; season 0 holds the specials; a file with several episodes runs
    from `number` to `number_to`. `about` is written about a series that is not there yet."""

    series: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
    season: Annotated[int, Meta(ge=0, le=9999)]
    number: Annotated[int, Meta(ge=0, le=99_999)]
    number_to: Annotated[int, Meta(ge=0, le=99_999)] | None = None
    about: Metadata | None = None


class CreateUpload(Struct, frozen=True):
    """`subtitle_of` makes the file a subtitle sidecar of another upload of the same account, in `language`; `poster_of` its
    poster. The film's upload waits for as many of both as `sidecars` announced. A `size` of None is told later, by
    `announce`. `described` is what the client wrote about it, given back as it was."""

    account_id: str
    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)] | None
    metadata: Metadata
    sidecars: Annotated[int, Meta(ge=0, le=40)] = 0
    subtitle_of: str | None = None
    language: Annotated[str, Meta(max_length=35)] = "und"
    role: Role = Role.MAIN
    poster_of: str | None = None
    protection: Protection = Protection.SIGNED
    episode: InSeries | None = None
    described: Annotated[str, Meta(max_length=16_000)] = ""


class Upload(Struct, frozen=True):
    """`size` is None until it is told. It is given up at `expires_at` unless someone goes on with it; None: it is whole."""

    id: str
    account_id: str
    filename: str
    size: int | None
    offset: int
    created_at: datetime
    expires_at: datetime | None = None
    described: str = ""


class Announce(Struct, frozen=True):
    """Tells the size of an upload that was begun without one."""

    account_id: str
    upload_id: str
    size: Annotated[int, Meta(ge=1)]


class ByUpload(Struct, frozen=True):
    account_id: str
    upload_id: str


class Append(Struct, frozen=True):
    """A piece of `size` bytes that the caller has put to objects under `piece(upload_id, offset)`. Bytes travel through
    objects; this makes them count. With the last piece `sha256` is that of the whole upload, where the caller saw all of it go
    by; else it is read once more."""

    account_id: str
    upload_id: str
    offset: int
    size: int
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None


def folder(upload_id: str) -> str:
    """What the objects of an upload's bytes begin with."""
    return f"uploads/{upload_id}/"


def piece(upload_id: str, offset: int) -> str:
    """The object that holds an upload's bytes from `offset` on; sorted by name the pieces are the file."""
    return f"{folder(upload_id)}{offset:020d}"


class Sidecar(Struct, frozen=True):
    """A subtitle file: an absolute path or an object's key, as its film's. Of a film in several files, `part` is the one, from
    0 on, that its times count from; None: they are of the whole."""

    source: str
    language: str
    role: Role = Role.MAIN
    part: Annotated[int, Meta(ge=0)] | None = None


class Start(Struct, frozen=True):
    """Takes a file that lies on this machine (`matinee add`). Repeats with the same `key` are the same preparation.
    `move` lets ingest take the file away when it has it. `further` are the files in which a film in several goes on."""

    key: str
    path: str
    filename: str
    metadata: Metadata
    sidecars: list[Sidecar] = []
    publish: bool = True
    move: bool = False
    poster: str | None = None
    protection: Protection = Protection.SIGNED
    episode: InSeries | None = None
    further: list[str] = []

    @property
    def paths(self) -> list[str]:
        """Every file of the film, in order."""
        return [self.path, *self.further]


class Again(StrEnum):
    """Whether to take a film whose very bytes came in before: `always`; if that one is `gone` (it failed, was canceled or
    its title is no more); `never`, whatever became of it."""

    ALWAYS = "always"
    GONE = "gone"
    NEVER = "never"


class Take(Struct, frozen=True):
    start: Start
    again: Again = Again.GONE


class Taken(Struct, frozen=True):
    """Not `new`: the same bytes came in before, and `preparation` is theirs. `differs` names what was told otherwise then;
    nothing of it was changed."""

    preparation: Preparation
    new: bool
    differs: list[str] = []


class Preparation(Struct, frozen=True):
    """`step` is the stage that it is in, `doing` the same in words; `progress` is 0 to 1 of the whole, `message` the reason when
    it failed or is known: `title_id` is then that of the film that is here. `eta_s` is how long the rest will take, as far as
    is known; nothing more of a `paused` one begins; one that failed is `retryable` unless that is for what the film is.
    `findings` are what its editor should know of the film, `stages` all that is done for it, as far as that is planned."""

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
    eta_s: float | None = None
    doing: str = ""
    paused: bool = False
    retryable: bool = False
    findings: list[Finding] = []
    stages: list[Stage] = []


class ObservePreparations(Struct, frozen=True):
    """Waits up to `wait_s` for preparations that changed after the cursor; zero gives at once all that are unfinished, and
    those that failed or were known in the last seven days and were not tried again or canceled since."""

    after: int
    wait_s: float


class Preparations(Struct, frozen=True):
    cursor: int
    preparations: list[Preparation]


class ByPreparation(Struct, frozen=True):
    id: str


class RetryPreparation(Struct, frozen=True):
    """`step` None: all that did not end well."""

    id: str
    step: str | None = None


class OfTitle(Struct, frozen=True):
    title_id: str


class LatestOfTitle(Struct, frozen=True):
    """None: no film was ever prepared for it here."""

    preparation: Preparation | None


class Sweep(Struct, frozen=True):
    """Nothing to say; the timer's message."""


class Ingest(Protocol):
    @operation()
    async def create_upload(self, message: CreateUpload) -> Upload:
        """Raises TooLarge, OutOfSpace, TooManyUploads, NoSuchUpload (the film of a sidecar)."""
        ...

    @operation(idempotent=True)
    async def upload(self, message: ByUpload) -> Upload:
        """Raises NoSuchUpload, UploadGone."""
        ...

    @operation(idempotent=True)
    async def announce(self, message: Announce) -> Upload:
        """Raises NoSuchUpload, UploadGone, Conflict (another size is known), TooLarge, OutOfSpace, TooManyUploads."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def terminate(self, message: ByUpload) -> None:
        """Gives an upload up and deletes what came of it; a film that is being prepared is canceled, one that plays stays.
        Raises NoSuchUpload, UploadGone."""
        ...

    @operation(timeout_s=60)
    async def append(self, message: Append) -> Upload:
        """Durable when it returns; the last byte starts the preparation, unless the same bytes came in before and their title is
        there: then the upload ends as `known`. Raises NoSuchUpload, UploadGone,
        OffsetConflict, TooLarge, OutOfSpace, TooManyUploads."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def start(self, message: Start) -> Preparation:
        """Raises Invalid when the file cannot be read, OutOfSpace when it cannot be taken."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def take(self, message: Take) -> Taken:
        """As `start`, unless the same bytes came in before. Raises as `start`."""
        ...

    @operation(idempotent=True)
    async def preparation(self, message: ByPreparation) -> Preparation:
        """Raises NotFound."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe(self, message: ObservePreparations) -> Preparations: ...

    @operation(idempotent=True)
    async def cancel(self, message: ByPreparation) -> Preparation:
        """A film that failed or was known is given up, and shown no more. Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def retry(self, message: RetryPreparation) -> Preparation:
        """What is done stays done. One step of a film that goes on: where it waits it begins now, where it runs anew. Raises
        NotFound, Conflict unless there is something to try."""
        ...

    @operation(idempotent=True)
    async def pause(self, message: ByPreparation) -> Preparation:
        """What runs goes to its end, and nothing more of it begins until `resume`. Raises NotFound, Conflict unless it is being
        prepared."""
        ...

    @operation(idempotent=True)
    async def resume(self, message: ByPreparation) -> Preparation:
        """Raises NotFound, Conflict unless it is being prepared."""
        ...

    @operation(idempotent=True)
    async def of_title(self, message: OfTitle) -> LatestOfTitle:
        """How a title's film was prepared the last time: for good, but without its stages when its job is forgotten."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def sweep(self, message: Sweep) -> None:
        """Goes on with what a crash interrupted, drops uploads that nobody finishes, deletes what preparations left."""
        ...
