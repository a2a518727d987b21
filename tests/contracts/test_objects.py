from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import obstore
import pytest
import uvicorn
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from matinee.backends.objects.open import open as open_objects
from matinee.backends.objects.parts import Parts
from matinee.backends.objects.server import Door
from matinee.runtime.errors import Invalid

KEY = "media/ttl_1/enc_1/video/1.m4s"


TOKEN = "a-token"
PREFIXES = ("media/", "images/", "work/")


@asynccontextmanager
async def serving(application: Any) -> AsyncGenerator[str]:
    """The app at a loopback port in this loop."""
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, lifespan="off", log_config=None, http="httptools", ws="none")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([bound])
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        for listener in server.servers:
            listener.close()
        for connection in [*server.server_state.connections]:
            connection.shutdown()
        for task in server.server_state.tasks:
            task.cancel()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


def door(inside: ObjectStore, folder: Path) -> Door:
    return Door(inside, Parts(folder / "parts", lambda: f"upl_{uuid.uuid4().hex}"), TOKEN, PREFIXES)


@pytest.fixture(params=["file", "memory", "http"])
async def objects(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    files = f"file://{quote(str(tmp_path))}/a%20folder/objects"
    if request.param == "http":
        async with serving(door(open_objects(files), tmp_path)) as url:
            yield open_objects(url, token=TOKEN)
    else:
        yield open_objects("memory:" if request.param == "memory" else files)


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


async def test_a_file_and_an_empty_one(objects: ObjectStore, tmp_path: Path) -> None:
    film, empty = tmp_path / "film", tmp_path / "empty"
    film.write_bytes(os.urandom(12_000_001))
    empty.touch()
    for path in (film, empty):
        await obstore.put_async(objects, f"work/job_1/a b é/{path.name}", path)
        assert await read(objects, f"work/job_1/a b é/{path.name}") == path.read_bytes()
    assert (await obstore.head_async(objects, "work/job_1/a b é/film"))["size"] == 12_000_001


async def test_list_one_level(objects: ObjectStore) -> None:
    for key in ("work/job_1/look/r", "work/job_2/look/r", "work/note"):
        await obstore.put_async(objects, key, b"x")
    found = await cast("Any", obstore).list_with_delimiter_async(objects, "work/")
    assert sorted(name.rstrip("/") for name in found["common_prefixes"]) == ["work/job_1", "work/job_2"]
    assert [meta["path"] for meta in found["objects"]] == ["work/note"]


async def test_delete_of_many_and_of_what_is_gone(objects: ObjectStore) -> None:
    keys = [f"work/job_1/{number}" for number in range(5)]
    for key in keys:
        await obstore.put_async(objects, key, b"x")
    await obstore.delete_async(objects, keys[:4])
    found = [meta["path"] async for chunk in obstore.list(objects, "work/job_1") for meta in chunk]
    assert found == keys[4:]


async def test_more_objects_than_a_page(tmp_path: Path) -> None:
    inside = open_objects(f"file://{tmp_path}/objects")
    for number in range(1203):
        await obstore.put_async(inside, f"work/job_1/{number}", b"")
    async with serving(door(inside, tmp_path)) as url:
        remote = open_objects(url, token=TOKEN)
        found = [meta["path"] async for chunk in obstore.list(remote, "work/job_1/") for meta in chunk]
    assert len(found) == len(set(found)) == 1203


@pytest.mark.parametrize("token", ["", "another", f"{TOKEN}x", TOKEN[:-1]])
async def test_without_the_token_the_door_answers_nobody(tmp_path: Path, token: str) -> None:
    inside = open_objects(f"file://{tmp_path}/objects")
    await obstore.put_async(inside, KEY, b"one")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with serving(door(inside, tmp_path)) as url, httpx.AsyncClient(base_url=url, headers=headers) as http:
        for method, path in [
            ("GET", f"/objects/{KEY}"),
            ("HEAD", f"/objects/{KEY}"),
            ("PUT", f"/objects/{KEY}"),
            ("DELETE", f"/objects/{KEY}"),
            ("POST", f"/objects/{KEY}?uploads"),
            ("GET", "/objects?list-type=2&prefix=media/"),
            ("POST", "/objects?delete"),
            ("GET", "/"),
        ]:
            assert (await http.request(method, path)).status_code == 401, (method, path)
        remote = open_objects(url, token=token)
        with pytest.raises((BaseError, PermissionError)):
            await obstore.put_async(remote, KEY, b"two")
    assert await read(inside, KEY) == b"one"


@pytest.mark.parametrize(
    "path", ["secrets/x", "media", "mediax/y", "media/../secrets/x", "media/%2e%2e/x", "media//x", "../media/x", "%ff"]
)
async def test_the_token_opens_only_what_is_for_workers(tmp_path: Path, path: str) -> None:
    inside = open_objects(f"file://{tmp_path}/objects")
    (tmp_path / "objects/secrets").mkdir()
    (tmp_path / "objects/secrets/x").write_text("secret")
    async with serving(door(inside, tmp_path)) as url:
        for method in ("GET", "PUT", "DELETE"):
            status = await raw(url, method, f"/objects/{path}")
            assert status in {400, 403, 404}, (method, path)
        assert await raw(url, "GET", "/objects?list-type=2&prefix=secrets/") == 403
        assert await raw(url, "GET", "/objects?list-type=2") == 403
        assert await raw(url, "GET", "/other/media/x") == 404
        assert (
            await raw(url, "POST", "/objects?delete", b"<Delete><Object><Key>secrets/x</Key></Object></Delete>") == 403
        )
        bomb = "<!DOCTYPE a [<!ENTITY b 'cc'>]><Delete><Key>media/&b;</Key></Delete>"
        assert await raw(url, "POST", "/objects?delete", bomb.encode()) == 400
        assert await raw(url, "POST", "/objects?delete", bomb.encode("utf-16")) == 400
        for prefix in ("media/../secrets/", "media/%2e%2e/secrets/", "media/x/../../secrets/"):
            async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http:
                listed = await http.get(f"{url}/objects?list-type=2&prefix={prefix}")
            assert b"<Key>" not in listed.content, prefix
    assert (tmp_path / "objects/secrets/x").read_text() == "secret"


async def raw(url: str, method: str, target: str, body: bytes = b"") -> int:
    """The status of a request whose path nobody tidies up."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"{method} {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status
