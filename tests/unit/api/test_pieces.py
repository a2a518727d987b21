from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import obstore
import pytest
from msgspec.structs import replace
from obstore.store import MemoryStore

from matinee.api import pieces
from matinee.api.pieces import Checksum, Pieces
from matinee.ingest.contract import Append, Upload, UploadGone
from matinee.runtime.errors import TooLarge

UPLOAD = Upload("upl_1", "acc_1", "film.mp4", None, 0, datetime(2026, 11, 21, tzinfo=UTC))


async def body(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_what_waits_for_its_checksum_is_bounded_while_nobody_told_the_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "MOST_HELD", 10)
    objects = MemoryStore()
    checksum = Checksum(f"sha256 {b64encode(hashlib.sha256(b'x' * 12).digest()).decode()}")
    with pytest.raises(TooLarge):
        await Pieces(cast("Any", SimpleNamespace(objects=objects))).add_checked(
            UPLOAD, body(b"x" * 6, b"x" * 6), checksum
        )
    assert [meta async for some in obstore.list(objects) for meta in some] == []


class Counting:
    """Ingest that counts whatever comes, and remembers what it was told of the whole."""

    def __init__(self, upload: Upload) -> None:
        self.present = upload
        self.told: list[str | None] = []

    async def upload(self, _: object) -> Upload:
        return self.present

    async def append(self, message: Append) -> Upload:
        self.told.append(message.sha256)
        self.present = replace(self.present, offset=message.offset + message.size)
        return self.present


def counting(size: int) -> tuple[Counting, Any]:
    ingest = Counting(replace(UPLOAD, size=size))
    return ingest, cast("Any", SimpleNamespace(objects=MemoryStore(), ingest=ingest))


async def test_the_digest_of_what_went_by_comes_with_its_last_piece() -> None:
    ingest, clients = counting(12)
    taken = Pieces(clients)
    upload = await taken.add(ingest.present, b"hello ")
    sent = Checksum(f"sha256 {b64encode(hashlib.sha256(b'film!!').digest()).decode()}")
    await taken.add_checked(upload, body(b"film", b"!!"), sent)
    assert ingest.told == [None, None, hashlib.sha256(b"hello film!!").hexdigest()]


async def test_what_another_process_took_has_no_digest_here() -> None:
    ingest, clients = counting(12)
    upload = await Pieces(clients).add(ingest.present, b"hello ")
    await Pieces(clients).add(upload, b"film!!")
    assert ingest.told == [None, None]


class GivenUp(Counting):
    """The upload is cancelled while its piece is written."""

    async def append(self, _: Append) -> Upload:
        raise UploadGone


async def test_a_piece_of_an_upload_that_was_given_up_meanwhile_is_deleted() -> None:
    objects = MemoryStore()
    clients = cast("Any", SimpleNamespace(objects=objects, ingest=GivenUp(UPLOAD)))
    with pytest.raises(UploadGone):
        await Pieces(clients).add(UPLOAD, b"x" * 6)
    assert [meta async for some in obstore.list(objects) for meta in some] == []
