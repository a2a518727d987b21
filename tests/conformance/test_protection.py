"""An encrypted film, as a hostile client asks for its key, and as ffmpeg opens it with the right one."""

from __future__ import annotations

import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from crawler import Crawler, harmless, refused

from installation import Installation, Person, Playing, eventually
from packaged import LOW, MIDDLE, TOOLS, Reel, Shelf, Shown, joined

CENC = "{urn:mpeg:cenc:2013}"


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    return Reel(tmp_path_factory.mktemp("reel") / "r", 4, [MIDDLE, LOW])


@pytest.fixture(scope="module")
def shelf(house: Installation) -> Shelf:
    return Shelf(house.home)


@pytest.fixture(scope="module")
def locked(house: Installation, shelf: Shelf, reel: Reel) -> Iterator[Shown]:
    yield from _guarded(house, shelf.show(reel, "Locked Room", encrypted=True))


@pytest.fixture(scope="module")
def other(house: Installation, shelf: Shelf, reel: Reel) -> Iterator[Shown]:
    yield from _guarded(house, shelf.show(reel, "Other Room", encrypted=True))


def _guarded(house: Installation, film: Shown) -> Iterator[Shown]:
    """At the end its key stands in no file of the house, in no form."""
    assert film.key
    house.spoken |= {b64(film.key.key), film.key.key.hex()}
    yield film
    files = [path for path in house.home.rglob("*") if path.is_file()]
    assert [path for path in files if film.key.key in path.read_bytes()] == []


@pytest.fixture
def ada(house: Installation) -> Iterator[Person]:
    with house.sign_up("Ada") as person:
        yield person


@pytest.fixture
def playing(ada: Person, locked: Shown) -> Playing:
    return ada.play(locked.id)


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def asks(*films: Shown) -> dict[str, Any]:
    return {"kids": [b64(bytes.fromhex(film.key.key_id)) for film in films if film.key], "type": "temporary"}


def licence(playing: Playing) -> str:
    return playing.answer["licence"]["url"]


def plain(playing: Playing) -> str:
    return licence(playing).replace("/licence?", "/key?")


def test_a_session_s_token_gives_its_own_key_in_both_forms(playing: Playing, locked: Shown, other: Shown) -> None:
    assert locked.key
    answer = httpx.post(licence(playing), json=asks(other, locked))
    assert [key["k"] for key in answer.json()["keys"]] == [b64(locked.key.key)]
    assert httpx.get(plain(playing)).content == locked.key.key


def test_nobody_without_it_gets_a_key(
    house: Installation, crawler: Crawler, ada: Person, playing: Playing, locked: Shown, other: Shown
) -> None:
    """By no route of sessions, with no other's credential, for no other film; the key stands in no answer."""
    assert locked.key
    assert other.key
    elsewhere = ada.again().play(other.id)
    where, _, token = licence(playing).partition("?token=")
    tokens = ["", "x", token[:-4] + "AAAA", elsewhere.token, ada.token, playing.segment, token.partition(".")[0]]
    with ada.again(None) as unchosen, house.sign_up("Bob") as bob, house.staff() as owner, httpx.Client() as nobody:
        for client in (nobody, ada, unchosen, bob, owner):
            for wrong in tokens:
                for method, path in (("POST", where), ("GET", where.replace("/licence", "/key"))):
                    body = asks(locked) if method == "POST" else None
                    answer = client.request(method, f"{path}?token={wrong}", json=body)
                    refused(harmless(answer), 403)
                    assert locked.key.key not in answer.content
    refused(harmless(httpx.post(licence(playing), json=asks(other))), 403)
    for route in crawler.routes:
        if not route.path.startswith("/api/play/sessions/") or route.method == "DELETE":
            continue
        answer = crawler.send(route, dict.fromkeys(route.in_path, playing.id), {"authorization": f"Bearer {ada.token}"})
        for film in (locked, other):
            assert film.key
            assert film.key.key not in answer.content, route.name
            assert b64(film.key.key) not in answer.text, route.name


@pytest.mark.parametrize("ending", ["left", "logged out", "revoked", "withdrawn", "taken over"])
def test_no_key_five_seconds_after_the_session_ends(
    house: Installation, ada: Person, locked: Shown, ending: str
) -> None:
    away = ada.again()
    session, login = away.play(locked.id), away.login
    assert httpx.post(licence(session), json=asks(locked)).status_code == 200
    match ending:
        case "left":
            away.delete(f"/api/play/sessions/{session.id}")
        case "logged out":
            away.delete("/api/session")
        case "revoked":
            ada.delete(f"/api/devices/{login}")
        case "withdrawn":
            house.owner.post(f"/api/studio/titles/{locked.id}/withdraw")
        case _:
            away.play(locked.id)
    try:
        eventually(lambda: httpx.post(licence(session), json=asks(locked)).status_code == 404, 5)
        eventually(lambda: httpx.get(plain(session)).status_code == 404, 5)
    finally:
        if ending == "withdrawn":
            house.owner.post(f"/api/studio/titles/{locked.id}/publish").raise_for_status()


def test_what_lies_on_the_appliances_is_encrypted_from_the_first_byte(
    playing: Playing, locked: Shown, shelf: Shelf, tmp_path: Path
) -> None:
    """ffmpeg shows every picture with the key, and none that is right without it or with another's."""
    assert locked.key
    root, film = shelf.root(locked), tmp_path / "film.mp4"
    right = _pictures(joined(root, "v180", film), locked.key.key)
    source = _pictures(_source(shelf, locked, tmp_path), None)
    assert right == source
    assert len(right) == 48
    for key in (None, bytes(16)):
        wrong = _pictures(film, key)
        assert not set(wrong) & set(right)
    served = httpx.get(next(url for url in playing.of_dash if url.endswith("v180/00001.m4s"))).content
    assert served == (root / "v180" / "00001.m4s").read_bytes()


def _source(shelf: Shelf, locked: Shown, folder: Path) -> Path:
    """The same pictures, encrypted never: the packager's own copy without a key."""
    return joined(_clear(folder), "v180", folder / "clear.mp4")


def _clear(folder: Path) -> Path:
    reel = Reel(folder / "again", 4, [MIDDLE])
    reel.package(folder / "clear", None)
    return folder / "clear"


def _pictures(path: Path, key: bytes | None) -> list[str]:
    unlocking = ["-decryption_key", key.hex()] if key else []
    command = [TOOLS.ffmpeg, "-v", "quiet", "-nostdin", *unlocking, "-i", str(path), "-f", "framemd5", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    return [line.rpartition(",")[2].strip() for line in told.splitlines() if not line.startswith("#")]


def test_the_manifest_names_clear_key_and_the_licence_alone(playing: Playing, locked: Shown) -> None:
    assert locked.key
    root = ET.fromstring(playing.dash)
    systems = [each.attrib for each in root.iter("{urn:mpeg:dash:schema:mpd:2011}ContentProtection")]
    assert {each["schemeIdUri"] for each in systems} == {
        "urn:mpeg:dash:mp4protection:2011",
        "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e",
    }
    kids = {each[f"{CENC}default_KID"].replace("-", "") for each in systems if f"{CENC}default_KID" in each}
    assert kids == {locked.key.key_id}
    assert "pssh" not in playing.dash
    assert [each.text for each in root.iter("{https://dashif.org/CPS}Laurl")] == [licence(playing)] * 2
