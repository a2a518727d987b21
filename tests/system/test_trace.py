"""One request, followed from its client through gateway, API and service, each a process of its own: in logs and by its id."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from house import Served, eventually

SERVICES = "accounts billing catalog search history metrics playback steering fill jobs registry push traffic events ingest".split()


@pytest.fixture
def split() -> Iterator[Served]:
    built = Served(None, "--json-log", "--access-log")
    try:
        built.start([("services", SERVICES), ("edge", ["api"]), ("front", ["gateway"])])
        yield built
    finally:
        built.close()


def lines(log: str, **said: str) -> list[dict[str, Any]]:
    whole = log[: log.rfind("\n") + 1]  # the last line may be half written
    found = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [line for line in found if said.items() <= line.items()]


def test_a_request_is_followed_through_every_process(split: Served) -> None:
    owner = split.owner()
    kept = owner.http.put("/api/operations/properties/gateway.requests", json={"value": {"slow_s": 0.0001}})
    assert kept.status_code == 200, kept.text
    trace, span = secrets.token_hex(16), secrets.token_hex(8)

    def asked() -> str:
        """A request that is kept: once the gateway has heard of the property."""
        told = {"traceparent": f"00-{trace}-{span}-01", "x-request-id": "req_of_the_clients_own"}
        answer = owner.get("/api/account", headers=told)
        assert answer.status_code == 200, answer.text
        return answer.headers["x-request-id"]

    def followed() -> dict[str, Any]:
        request_id = asked()
        eventually(lambda: lines(split.log(), process="front", request=request_id), 5)
        journey = owner.get(f"/api/operations/requests/{request_id}")
        return journey.json() if journey.status_code == 200 else {}

    journey = eventually(followed, 20)
    assert (journey["trace"], journey["route"], journey["status"]) == (trace, "api", 200)
    assert [each["status"] for each in journey["tries"]] == [200]
    log = split.log()
    for process in ("front", "edge", "services"):
        said = lines(log, process=process, request=journey["id"])
        assert said, f"{process} has no line of the request"
        assert {line["trace"] for line in said} == {trace}
    assert any("/rpc/accounts/" in line["event"] for line in lines(log, process="services", trace=trace))
    assert "req_of_the_clients_own" not in log
