from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import obstore
import pytest
from obstore.store import MemoryStore

from matinee.api import pieces
from matinee.api.pieces import Checksum, Pieces
from matinee.ingest.contract import Upload
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
