"""A device waits for messages at the front door, as a browser does, while the house goes on: what events of the services become
reaches it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from installation import Installation, Person, eventually

Word = tuple[str, Any]


@contextmanager
def waiting(house: Installation, token: str) -> Iterator[Iterator[Word]]:
    """The messages to a device of who has this token."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{house.url}/api/push/events", headers=headers, timeout=20) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        words = _words(answer.iter_lines())
        assert next(words)[0] == "hello"
        yield words


def _words(lines: Iterator[str]) -> Iterator[Word]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"])
            fields = {}


def test_what_is_published_is_told_to_all_without_its_name(house: Installation, ada: Person, bob: Person) -> None:
    title = f"/api/studio/titles/{house.titles['all']['id']}"
    with house.staff() as owner, waiting(house, ada.token) as hers, waiting(house, bob.token) as his:
        assert owner.post(f"{title}/withdraw").status_code < 300
        assert owner.post(f"{title}/publish").status_code < 300
        assert next(hers) == next(his) == ("new-rows", {"spread_s": 20})
        eventually(lambda: house.titles["all"]["id"] in ada.get("/api/discovery/home").text)


def test_who_logs_out_hears_no_more_within_a_second(house: Installation, ada: Person) -> None:
    person = ada.again()
    with waiting(house, person.token) as words:
        assert person.delete("/api/session").status_code == 204
        began = time.monotonic()
        told = next(data for kind, data in words if kind == "goaway")  # rows that were new before may come first
        assert told["why"] == "logged-out"
        assert next(words, None) is None
        assert time.monotonic() - began < 1
