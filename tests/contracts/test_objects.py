from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import obstore
import pytest
from obstore.store import ObjectStore

from matinee.backends.objects.open import open as open_objects
from matinee.runtime.errors import Invalid

KEY = "media/ttl_1/enc_1/video/1.m4s"


@pytest.fixture(params=["file", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return open_objects("memory:" if request.param == "memory" else f"file://{quote(str(tmp_path))}/a%20folder/objects")


async def read(objects: ObjectStore, key: str) -> bytes:
    return bytes(await (await obstore.get_async(objects, key)).bytes_async())


async def test_put_and_get(objects: ObjectStore) -> None:
    await obstore.put_async(objects, KEY, b"one")
    await obstore.put_async(objects, KEY, b"two")
    assert await read(objects, KEY) == b"two"
    assert (await obstore.head_async(objects, KEY))["size"] == 3


async def test_a_range(objects: ObjectStore) -> None:
    await obstore.put_async(objects, KEY, bytes(range(100)))
    assert bytes(await obstore.get_range_async(objects, KEY, start=10, end=14)) == bytes(range(10, 14))


async def test_a_large_object_in_pieces(objects: ObjectStore) -> None:
    body = os.urandom(6_000_000)
    await obstore.put_async(objects, KEY, iter([body[:1_000_000], body[1_000_000:]]))
    pieces = [bytes(piece) async for piece in (await obstore.get_async(objects, KEY)).stream()]
    assert b"".join(pieces) == body


async def test_list_by_prefix(objects: ObjectStore) -> None:
    for key in (KEY, "media/ttl_1/enc_1/audio/1.m4s", "media/ttl_10/enc_1/video/1.m4s", "images/img_1/320.jpg"):
        await obstore.put_async(objects, key, b"")
    found = [meta["path"] async for chunk in obstore.list(objects, "media/ttl_1") for meta in chunk]
    assert sorted(found) == ["media/ttl_1/enc_1/audio/1.m4s", KEY]


async def test_delete(objects: ObjectStore) -> None:
    await obstore.put_async(objects, KEY, b"one")
    await obstore.delete_async(objects, KEY)
    with pytest.raises(FileNotFoundError):
        await read(objects, KEY)


async def test_an_object_that_fails_half_way_is_not_there(objects: ObjectStore) -> None:
    def broken():
        yield b"x" * 6_000_000
        raise RuntimeError("the sender went away")

    with pytest.raises(BaseException, match="the sender went away"):
        await obstore.put_async(objects, KEY, broken())
    with pytest.raises(FileNotFoundError):
        await read(objects, KEY)


@pytest.mark.parametrize("key", ["../x", "a/../../x", "a/..", "..", "a//b", "a/./b", "a\x00b"])
async def test_a_key_cannot_leave_the_store(objects: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="Could not parse path"):
        await obstore.put_async(objects, key, b"")
    with pytest.raises(ValueError, match="Could not parse path"):
        await obstore.get_async(objects, key)


async def test_an_absolute_key_stays_inside(tmp_path: Path) -> None:
    await obstore.put_async(open_objects(f"file://{tmp_path}/objects"), "/etc/x", b"")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("x")] == ["objects/etc/x"]  # noqa: ASYNC240


@pytest.mark.parametrize("url", ["s4://bucket", "file:", "file://host/path", "", "nonsense"])
def test_an_unknown_url_is_one_sentence(url: str) -> None:
    with pytest.raises(Invalid, match="file:///folder"):
        open_objects(url)
