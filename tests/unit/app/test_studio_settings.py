from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from matinee.app import edges, pipelines
from matinee.app.fleet import API
from matinee.app.home import Home
from matinee.app.keys import keyring
from matinee.app.process import Process
from matinee.config import Settings
from matinee.gateway.hosts import Site
from matinee.gateway.origin import Origins
from matinee.ingest.contract import CreateUpload, Ingest
from matinee.ingest.limits import Limits
from matinee.runtime.errors import OutOfSpace, TooLarge
from matinee.terms.territory import UNKNOWN
from matinee.terms.title import Metadata


@pytest.fixture
async def process(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Process]:
    home = Home(tmp_path)
    home.make()
    process = Process("core", home, Settings(studio=request.param), {})
    yield process
    await process.close()


@pytest.mark.parametrize(
    ("process", "refusal"),
    [(Limits(max_upload_gib=0.5), TooLarge), (Limits(spare_gib=900_000), OutOfSpace)],
    indirect=["process"],
)
async def test_ingest_keeps_to_them(process: Process, refusal: type[Exception]) -> None:
    await pipelines.ingest(process)
    with pytest.raises(refusal):
        await process.client(Ingest).create_upload(CreateUpload("acc_1", "f.mp4", 1 << 30, Metadata("Film")))


@pytest.mark.parametrize("process", [Limits(max_upload_gib=0.5)], indirect=True)
async def test_clients_are_told_them(process: Process) -> None:
    await edges.api(process)
    now = process.clock.now().timestamp()
    origin = Origins(keyring(process, "gateway").sign, lambda _: UNKNOWN).token("127.0.0.1", Site("http", "api"), now)
    transport = httpx.AsyncHTTPTransport(uds=str(process.home.socket(API)))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.options("/api/studio/uploads", headers={"x-matinee-origin": origin})
    assert answer.headers["tus-max-size"] == str(1 << 29)
