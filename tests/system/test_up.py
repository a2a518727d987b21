"""`matinee up`, from nothing to the end and again."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import httpx
import pytest
from house import House, eventually, matinee, short_folder

CHILDREN = {"core", "worker", "cdn-a", "cdn-b", "origin"}


def logins(house: House) -> list[dict[str, str]]:
    return json.loads((house.home / "secrets" / "logins.json").read_text())


def test_it_starts_from_nothing_says_all_that_matters_and_starts_again_with_the_same_logins(bare_house: House) -> None:
    house = bare_house
    assert house.start() < 20
    assert set(house.pids()) == {"up", *CHILDREN}
    first, screen = logins(house), house.log()
    for said in (f"http://localhost:{house.port}", str(house.home), "matinee add FILE", "--host 0.0.0.0", "Ctrl-C"):
        assert said in screen
    for person in first:
        assert person["email"] in screen
        assert person["password"] in screen
    assert len(screen.splitlines()) < 24, screen
    assert house.viewer().get("/api/session").status_code == 200
    eventually(house.is_whole)

    assert house.stop() < 5
    assert "Traceback" not in house.log()
    noise = ("ffmpeg", "alembic", "plugin", "uvicorn", "does not answer", "broke off", "warning")
    assert not [line for line in house.log().splitlines() if any(word in line for word in noise)]
    assert house.process.returncode == 0
    told_at = 20_000 + os.getpid() % 10_000  # below the ports that the system gives away
    (house.home / "matinee.toml").write_text(f"[admin]\nfirst_port = {told_at}\n")
    assert house.start() < 15
    assert logins(house) == first
    assert first[0]["password"] in house.log()
    assert house.viewer().get("/api/session").status_code == 200, "the old session counts on"
    told = [f"http://127.0.0.1:{told_at + place}" for place in range(len(CHILDREN))]
    assert [httpx.get(f"{each}/health/ready").text for each in told] == ["ready\n"] * len(CHILDREN)
    assert "matinee_gateway_requests_total" in httpx.get(f"{told[0]}/metrics").text
    assert httpx.post(f"{told[0]}/accounts/find", content=b"{}").status_code == 404
    assert house.stop(signal.SIGTERM) < 5


def test_a_second_one_on_the_same_folder_is_one_sentence(house: House) -> None:
    second = matinee("up", "--home", house.home, "--port", house.port + 1)
    assert second.returncode == 1
    assert second.stderr == (
        f"matinee: Matinee already runs on {house.home}; stop it or give another folder with --home\n"
    )
    assert house.get("/").status_code < 500


def test_reset_refuses_while_it_runs(house: House) -> None:
    refused = matinee("reset", "--yes", "--home", house.home)
    assert refused.returncode == 1
    assert refused.stderr == f"matinee: Matinee still runs on {house.home}; stop it first\n"
    assert (house.home / "secrets" / "logins.json").exists()


def test_a_folder_too_deep_for_sockets_is_as_good_as_any() -> None:
    top = short_folder()
    house = House(top / ("deep" * 20) / ("er" * 30) / "home")
    house.home.parent.mkdir(parents=True)
    try:
        assert len(str(house.home)) > 107
        house.start()
        assert set(house.pids()) == {"up", *CHILDREN}
        assert house.viewer().get("/api/discovery/home").status_code == 200
    finally:
        house.close()
        shutil.rmtree(top)


def test_a_killed_supervisor_takes_all_with_it_and_the_next_start_recovers(bare_house: House) -> None:
    house = bare_house
    house.start()
    member = house.sign_up()
    os.kill(house.process.pid, signal.SIGKILL)
    house.process.wait()
    house.start()  # at once, while the others still end
    assert member.get("/api/account").json()["account"]["email"] == member.email
    assert set(house.pids()) == {"up", *CHILDREN}
    house.process.kill()
    house.process.wait()
    eventually(lambda: not house.pids(), 8)


@pytest.mark.parametrize("private", ["secrets", "stores", "objects", "log", "logs", "run"])
def test_only_its_owner_looks_into_the_folder(house: House, private: str) -> None:
    assert house.home.stat().st_mode & 0o077 == 0
    assert (house.home / private).stat().st_mode & 0o077 == 0


def test_every_process_says_that_it_is_ready_and_what_it_counts(house: House) -> None:
    for name in CHILDREN:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(house.home / "run" / f"{name}.sock"))) as client:
            assert client.get("http://x/health/live").status_code == 200
            assert client.get("http://x/health/ready").status_code == 200
            assert client.get("http://x/metrics").status_code == 200
    for hidden in ("/health/live", "/metrics", "/rpc/accounts/find"):
        assert house.get(hidden).status_code == 404
    assert house.get("/health/ready").content == b"ready\n", "the gateway's own word, for balancers on this machine"
    assert b"ready" not in house.get("/health/ready", headers={"x-forwarded-for": "192.0.2.1"}).content[:20]


def test_logs_are_kept_in_files_at_length(house: House) -> None:
    assert {path.stem for path in Path(house.home / "logs").glob("*.log")} <= CHILDREN
