from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from matinee.runtime import telemetry, trace

JWT = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhY2NfMSJ9.c2lnbmF0dXJl"
SECRET = "s3cretVALUE-of_a.token"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "line",
    [
        f"GET /api/play/sessions/ses_1/manifest.mpd?token={SECRET}&x=1",
        f"GET /a?x=1&Token={SECRET}",
        f"GET http://cdn/URISigningPackage={SECRET}/ttl_1/seg.m4s",
        f"GET http://cdn/urisigningpackage={JWT}/ttl_1/seg.m4s",
        f"Authorization: Bearer {SECRET}",
        f"{{'authorization': 'Bearer {SECRET}'}}",
        f"(b'authorization', b'Bearer {SECRET}')",
        f'{{"authorization": "Basic {SECRET}"}}',
        f"authorization={SECRET}",
        f'{{"access_token": "{SECRET}"}}',
        f"cookie: matinee_session={SECRET}; theme=dark",
        f"x-matinee-passport: {JWT}",
        f"password='{SECRET}'",
        f"passport {JWT}",
        f"sent bearer {SECRET}",
    ],
)
def test_no_secret_is_left_in_a_line(line: str) -> None:
    found = telemetry.cut(line)
    assert SECRET not in found
    assert JWT not in found
    assert "…" in found


@pytest.mark.parametrize(
    "line", ["ttl_1 published", "GET /api/discovery/home 200", "the token is bad", "6 tokens left"]
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert telemetry.cut(line) == line


@pytest.mark.parametrize("piece", ["a", "token", "secret_", "eyJ", "eyJaaaaa.", "authorization ", "bearer\t", "?"])
def test_what_is_made_to_be_slow_is_not(piece: str) -> None:
    began = time.process_time()
    telemetry.cut(piece * (16_000 // len(piece)))
    assert time.process_time() - began < 0.5


def test_the_rest_of_the_line_stays() -> None:
    line = telemetry.cut(f"GET /URISigningPackage={JWT}/ttl_1/1.m4s?token={SECRET}&CMCD=br 200")
    assert line == "GET /URISigningPackage=…/ttl_1/1.m4s?token=…&CMCD=br 200"


@pytest.mark.parametrize("as_json", [False, True])
def test_every_logger_ends_in_the_same_clean_lines(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    telemetry.configure("core", json=as_json)
    logging.getLogger("uvicorn.error").warning("GET /a?token=%s", SECRET)
    logging.getLogger("matinee.api").info("played", extra={"title": "ttl_1", "url": f"/x?token={SECRET}"})
    try:
        raise ValueError(f"token={SECRET}")  # noqa: TRY301
    except ValueError:
        logging.getLogger("matinee").exception("it failed")
    found = capsys.readouterr().err
    assert SECRET not in found
    assert "Traceback" in found
    if as_json:
        lines = [json.loads(line) for line in found.splitlines()]
        assert [(line["process"], line["level"]) for line in lines] == [
            ("core", "warning"),
            ("core", "info"),
            ("core", "error"),
        ]
        assert lines[1]["title"] == "ttl_1"
    else:
        assert " warning core: GET /a?token=…\n" in found
        assert " info core: played  title=ttl_1  url=/x?token=…\n" in found


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("core", json=False)
    logging.getLogger("x").warning("q=%s", "a\n12:00:00 info core: forged\x1b[2J\x9b2J\x85x", extra={"more": "b\r\nc"})
    found = capsys.readouterr().err
    assert len(found.splitlines()) == 1
    assert not {"\x1b", "\x9b"} & set(found)


def test_a_line_names_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("core", json=True)
    with trace.span() as span:
        logging.getLogger("x").warning("inside")
    assert json.loads(capsys.readouterr().err)["trace"] == span.trace_id


def test_debug_is_silent_until_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("core", json=False)
    logging.getLogger("x").debug("hidden")
    telemetry.configure("core", json=False, level=logging.DEBUG)
    logging.getLogger("y").debug("shown")
    found = capsys.readouterr().err
    assert "hidden" not in found
    assert "shown" in found


def test_metrics_are_exposed_of_one_registry() -> None:
    body, content_type = telemetry.exposition(telemetry.registry())
    assert content_type.startswith("text/plain")
    assert b"process_cpu_seconds_total" in body or sys.platform != "linux"
    assert telemetry.registry() is not telemetry.registry()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_line_that_a_full_disk_does_not_take_is_said_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("core", file=Path("/dev/full"))
    logging.getLogger("matinee.test").warning("the disk is full")
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert len(said.splitlines()) == 1
    with contextlib.suppress(OSError):
        logging.getLogger().handlers[1].close()
