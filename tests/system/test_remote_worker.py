"""A worker that shares no disk with its house: it comes in by the door, with the token, over TLS."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from house import Served, eventually, free_port, matinee

from matinee.app.machine import CORE
from matinee.runtime.errors import Unauthenticated, Unavailable
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.services.jobs.contract import Jobs, Lease


@pytest.fixture(scope="module")
def installation() -> Iterator[Served]:
    """A house without a worker of its own."""
    built = Served(MATINEE_INTERNAL_LISTEN=f"127.0.0.1:{free_port()}")
    try:
        built.start([("core", CORE), ("cdn-a", ["cdn"]), ("origin", ["origin"])])
        yield built
    finally:
        built.close()


@pytest.fixture(scope="module")
def admission(installation: Served) -> dict[str, str]:
    listens = {"MATINEE_INTERNAL_LISTEN": installation.environment["MATINEE_INTERNAL_LISTEN"]}
    printed = matinee("admin", "admit-worker", "--home", installation.home, **listens)
    assert printed.returncode == 0, printed.stderr
    return json.loads(printed.stdout)


def trusting(admission: dict[str, str]) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=admission["certificate"])


def test_a_film_is_prepared_on_another_machine(
    installation: Served, admission: dict[str, str], short_film: Path
) -> None:
    far = installation.home.parent / "far"
    (far / "secrets").mkdir(parents=True, mode=0o700)
    (far / "secrets/admission.json").write_text(json.dumps(admission))
    command = [sys.executable, "-m", "matinee", "serve", "worker", "--name", "far", "--home", str(far)]
    written = far.with_suffix(".out")
    with written.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ}) as worker:
        try:
            title = installation.add(short_film, "From Afar")
            playing = eventually(lambda: installation.owner().play(title), 20)
            assert eventually(playing.segment, 20)[4:8] in {b"styp", b"sidx", b"moof"}
        finally:
            worker.terminate()
            said = written.read_text()
    assert "Traceback" not in said, said
    assert not [path for path in (far / "objects").rglob("*") if path.is_file()]
    assert not [path for path in (far / "stores").rglob("*") if path.is_file()]


@pytest.mark.parametrize("token", [None, "", "0" * 64, "garbage"])
async def test_without_the_token_nobody_comes_in(admission: dict[str, str], token: str | None) -> None:
    channel = HttpChannel(admission["url"], token, trusting(admission))
    with pytest.raises(Unauthenticated):
        await connect(Jobs, channel).lease(Lease("w", "nothing", ["x"], 0))
    await channel.close()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(verify=trusting(admission), base_url=admission["url"], headers=headers) as http:
        for path in (
            "/objects?list-type=2&prefix=media/",
            "/objects/media/x",
            "/objectsx",
            "/",
            "/metrics",
            "/health/live",
        ):
            assert (await http.get(path)).status_code == 401


async def test_the_token_opens_a_workers_services_alone(admission: dict[str, str]) -> None:
    channel = HttpChannel(admission["url"], admission["token"], trusting(admission))
    assert (await connect(Jobs, channel).lease(Lease("w", "nothing", ["x"], 0))).task is None
    await channel.close()
    headers = {"authorization": f"Bearer {admission['token']}"}
    async with httpx.AsyncClient(verify=trusting(admission), base_url=admission["url"], headers=headers) as http:
        others = "accounts/set_password billing/refund ingest/start jobs/cancel catalog/withdraw playback/licence"
        for call in others.split():
            assert (await http.post(f"/rpc/{call}", content=b"\x80")).status_code == 404
        assert (await http.get("/objects/secrets/x")).status_code == 403
        assert (await http.get("/metrics")).status_code == 404


async def test_a_worker_believes_no_other_certificate(admission: dict[str, str]) -> None:
    channel = HttpChannel(admission["url"], admission["token"])
    with pytest.raises(Unavailable):
        await connect(Jobs, channel).lease(Lease("w", "nothing", ["x"], 0))
    await channel.close()


def test_a_house_that_names_no_address_has_no_door(tmp_path: Path) -> None:
    for folder in ("secrets", "stores"):
        (tmp_path / folder).mkdir()
    refused = matinee("admin", "admit-worker", "--home", tmp_path)
    assert refused.returncode == 1
    assert "[internal] listen" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_spoilt_admission_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/admission.json").write_text("{")
    refused = matinee("serve", "worker", "--home", tmp_path)
    assert refused.returncode == 1
    assert "admission.json" in refused.stderr.splitlines()[-1]
