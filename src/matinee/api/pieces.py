"""The bytes of uploads on their way into the object store: cut into pieces, and held back until a checksum is seen to be right."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any
from weakref import WeakValueDictionary

import obstore
from litestar.exceptions import InternalServerException

from matinee.api.clients import Clients
from matinee.backends.objects import stored
from matinee.backends.objects.errors import by_meaning
from matinee.ingest.contract import Append, ByUpload, OffsetConflict, Upload, UploadGone, folder, piece
from matinee.runtime.errors import Invalid, MatineeError, TooLarge

ALGORITHMS: dict[str, Callable[[], Any]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
"""What tus clients may send checksums by; they find broken bytes, not forged ones."""


MOST_HELD = 256 << 20
"""Bytes that wait for the checksum of an upload whose length nobody told."""


_LONG = 1 << 18
_MOST_SUMS = 1000


class ChecksumMismatch(MatineeError):
    status, type, title = 460, "checksum-mismatch", "The bytes are not those of the checksum; nothing of them counts"


class Checksum:
    """An Upload-Checksum header, and the digest of what came: `sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=`."""

    def __init__(self, header: str) -> None:
        """Raises Invalid."""
        name, _, value = header.strip().partition(" ")
        if name not in ALGORITHMS:
            raise Invalid(f"Upload-Checksum: this knows {', '.join(ALGORITHMS)}", field="Upload-Checksum")
        try:
            self._wanted = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise Invalid("Upload-Checksum: the digest is not base64", field="Upload-Checksum") from wrong
        self._found = ALGORITHMS[name]()

    async def update(self, data: bytes) -> None:
        """Takes more bytes in."""
        await _summed(self._found, data)

    @property
    def fits(self) -> bool:
        return hmac.compare_digest(self._wanted, self._found.digest())


class Sums:
    """The SHA-256 of uploads on their way, as far as this process saw all of their bytes go by."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def begun(self, upload: Upload) -> Any:
        """A digest of all that the upload has, to go on with; None where that is not known."""
        if upload.offset == 0:
            return hashlib.sha256()
        end, digest = self._seen.get(upload.id, (0, None))
        return digest.copy() if digest is not None and end == upload.offset else None

    def keep(self, upload: Upload, digest: Any) -> None:
        """Remembers the digest of all that the upload has."""
        self._seen.pop(upload.id, None)
        if digest is not None and upload.offset != upload.size:
            self._seen[upload.id] = upload.offset, digest
        if len(self._seen) > _MOST_SUMS:
            self._seen.popitem(last=False)


class Pieces:
    """Puts an upload's bytes into the object store, piece by piece. Two requests for one upload do not write over each
    other: each looks where the upload stands before it puts a piece, and no other does in between."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._sums = Sums()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(self, upload: Upload, data: bytes) -> Upload:
        """The upload with these bytes at its end. Raises OffsetConflict, TooLarge, OutOfSpace."""
        _check_end(upload, upload.offset + len(data))
        async with self._turn(upload):
            digest = self._sums.begun(upload)
            with by_meaning():
                await obstore.put_async(self._clients.objects, piece(upload.id, upload.offset), data)
            await _summed(digest, data)
            return await self._count(upload, len(data), digest)

    async def add_checked(self, upload: Upload, stream: AsyncIterator[bytes], checksum: Checksum) -> Upload:
        """The upload with all of the stream at its end, or nothing of it. Raises ChecksumMismatch, and as `add`."""
        held: list[tuple[str, int]] = []
        beside = f"{folder(upload.id)}held-{uuid.uuid4().hex}"
        try:
            end, digest = upload.offset, self._sums.begun(upload)
            async for data in stream:
                end += len(data)
                _check_end(upload, end)
                _check_held(upload, end)
                await checksum.update(data)
                await _summed(digest, data)
                held.append((f"{beside}-{len(held)}", len(data)))
                with by_meaning():
                    await obstore.put_async(self._clients.objects, held[-1][0], data)
            if not checksum.fits:
                raise ChecksumMismatch
            for key, size in held:
                async with self._turn(upload):
                    await obstore.rename_async(self._clients.objects, key, piece(upload.id, upload.offset))
                    upload = await self._count(upload, size, digest if upload.offset + size == end else None)
        finally:
            for key, _ in held:
                with contextlib.suppress(FileNotFoundError):  # those that count are not there any more
                    await obstore.delete_async(self._clients.objects, key)
        return upload

    @contextlib.asynccontextmanager
    async def _turn(self, upload: Upload) -> AsyncGenerator[None]:
        """No other writes at the upload's end meanwhile. Raises OffsetConflict where another did before."""
        async with self._locks.setdefault(upload.id, asyncio.Lock()):
            present = await self._clients.ingest.upload(ByUpload(upload.account_id, upload.id))
            if present.offset != upload.offset:
                raise OffsetConflict(f"The upload stands at {present.offset}", offset=present.offset)
            yield

    async def _count(self, upload: Upload, size: int, digest: Any) -> Upload:
        """`digest` is that of all that the upload has then; None where it is not known."""
        is_last = upload.offset + size == upload.size
        sha256 = digest.hexdigest() if digest is not None and is_last else None
        append = Append(upload.account_id, upload.id, upload.offset, size, sha256)
        try:
            counted = await self._clients.ingest.append(append)
        except UploadGone:  # given up while the piece was written
            await stored.delete_under(self._clients.objects, folder(upload.id))
            raise
        self._sums.keep(counted, digest)
        return counted


async def _summed(digest: Any, data: bytes) -> None:
    """Takes more bytes into a digest, long ones beside the loop."""
    if digest is None:
        return
    if len(data) < _LONG:
        digest.update(data)
    else:
        await asyncio.to_thread(digest.update, data)


def _check_end(upload: Upload, end: int) -> None:
    if upload.size is not None and end > upload.size:
        raise TooLarge("These are more bytes than the upload was announced with")


def _check_held(upload: Upload, end: int) -> None:
    """What is held counts for no quota yet, and of an upload without a length nobody looked for room."""
    if upload.size is None and end - upload.offset > MOST_HELD:
        most = MOST_HELD >> 20
        raise TooLarge(f"While the upload's length is not told, a request with a checksum may have {most} MB at most")


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
