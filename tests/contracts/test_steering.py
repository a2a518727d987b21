from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matinee.runtime.errors import Invalid
from matinee.runtime.signing import BadToken, Keyring, Verifier
from matinee.services.steering.contract import (
    AppliancesQuery,
    KeysQuery,
    NoAppliance,
    RankQuery,
    Report,
    SignQuery,
    Steering,
)
from matinee.services.steering.service import Service

Wired = Callable[..., Awaitable[Any]]

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class HandClock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW

    def real_now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000 + self.passed


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def steering(clock: HandClock, tmp_path: Path, wired: Wired) -> Steering:
    return await wired(Steering, Service(clock, Keyring.load(tmp_path / "keys.json")))


def report(
    name: str, *, load: float = 0.1, healthy: bool = True, encodes: tuple[str, ...] = ("ttl_1/enc_1",)
) -> Report:
    return Report(name, f"http://{{host}}:1/{name}", "home", "boot", load, healthy, list(encodes), 0, 0, "1")


def asked(*shunned: str, host: str = "film.example") -> RankQuery:
    return RankQuery("ses_1", "ttl_1/enc_1", host, shunned=list(shunned))


async def names(steering: Steering, *shunned: str) -> list[str]:
    return [one.id for one in (await steering.rank(asked(*shunned))).appliances]


async def test_who_holds_the_encode_comes_first_then_the_less_loaded(steering: Steering) -> None:
    await steering.report(report("far", load=0.05, encodes=()))
    await steering.report(report("busy", load=0.75))
    await steering.report(report("calm", load=0.25))
    ranking = (await steering.rank(asked())).appliances
    assert [(one.id, one.rank, one.miss) for one in ranking] == [("calm", 0, ""), ("busy", 1, ""), ("far", 2, "C")]
    assert ranking[0].url == "http://film.example:1/calm"


async def test_what_the_client_found_dead_comes_last(steering: Steering) -> None:
    for name in ("a", "b"):
        await steering.report(report(name))
    first, second = await names(steering)
    assert await names(steering, first) == [second, first]


async def test_who_asks_right_after_a_start_waits_for_the_first_report(steering: Steering) -> None:
    asking = asyncio.create_task(names(steering))
    await asyncio.sleep(0)
    await steering.report(report("a"))
    assert await asking == ["a"]


async def test_the_silent_and_the_ill_are_out(steering: Steering, clock: HandClock) -> None:
    await steering.report(report("a"))
    await steering.report(report("ill", healthy=False))
    assert await names(steering) == ["a"]
    clock.passed = 2.9
    await steering.report(report("b"))
    assert sorted(await names(steering)) == ["a", "b"]
    clock.passed = 3.0
    assert await names(steering) == ["b"]
    found = (await steering.appliances(AppliancesQuery())).appliances
    assert [(one.report.appliance_id, one.up) for one in found] == [("a", False), ("b", True), ("ill", False)]
    assert found[1].seen_at == NOW + timedelta(seconds=2.9)


async def test_where_none_reports_there_is_none(steering: Steering, clock: HandClock) -> None:
    clock.passed = 3.0
    with pytest.raises(NoAppliance):
        await steering.rank(asked())


async def test_a_token_is_bound_to_session_and_title_and_signed_once(steering: Steering) -> None:
    until = NOW + timedelta(hours=7)
    signed = await steering.sign(SignQuery("ses_1", "ttl_1/enc_1", until))
    assert await steering.sign(SignQuery("ses_1", "ttl_1/enc_1", until)) == signed
    token = signed.segment.removeprefix("URISigningPackage=")
    verifier = Verifier((await steering.media_keys(KeysQuery())).jwks)
    assert verifier.verify(token, NOW, issuer="matinee/steering") == {
        "iss": "matinee/steering",
        "sub": "ses_1",
        "exp": int(until.timestamp()),
        "cdniv": 1,
        "cdniuc": "regex:https?://[^/]+/ttl_1/.*",
    }
    with pytest.raises(BadToken):
        verifier.verify(token, until)
    assert (await steering.sign(SignQuery("ses_2", "ttl_1/enc_1", until))) != signed


async def test_no_secret_leaves_with_the_keys(steering: Steering) -> None:
    keys = json.loads((await steering.media_keys(KeysQuery())).jwks)["keys"]
    assert keys
    assert all("d" not in key for key in keys)


@pytest.mark.parametrize("path", ["ttl_1", "ttl_1/enc/x", "ttl.*/enc", "../enc", "ttl_1/", "ttl_1/enc\n", "/enc"])
async def test_a_path_that_a_pattern_could_misread_is_not_signed(steering: Steering, path: str) -> None:
    with pytest.raises(Invalid):
        await steering.sign(SignQuery("ses_1", path, NOW))
