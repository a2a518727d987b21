from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matinee.cdn.gate import KNOWN_S, NEW_S, Gate, Refused
from matinee.cdn.site import Grant
from matinee.runtime.signing import Keyring
from matinee.services.steering.media_token import MediaTokens


class HandClock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.passed)

    real_now = now

    def monotonic(self) -> float:
        return 5000 + self.passed


class Issuer:
    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.keyring = Keyring.load(folder / "keys.json")
        self.clock = clock

    def segment(self, session: str) -> bytes:
        token = MediaTokens(self.keyring).token(session, "ttl_1/enc_1", self.clock.now() + timedelta(hours=9))
        return f"URISigningPackage={token}".encode()

    async def keys(self) -> str:
        return self.keyring.jwks()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def issuer(tmp_path: Path, clock: HandClock) -> Issuer:
    return Issuer(tmp_path, clock)


@pytest.fixture
def gate(issuer: Issuer, clock: HandClock) -> Gate:
    made = Gate(clock, issuer.keys)
    made.trust(issuer.keyring.jwks())
    made.end(frozenset(), whole=True)
    return made


def refusal(gate: Gate, segment: bytes) -> str:
    with pytest.raises(Refused) as refused:
        gate.admit(segment)
    return refused.value.kind


def admitted(gate: Gate, segment: bytes) -> Grant:
    grant = gate.admit(segment)
    assert isinstance(grant, Grant)
    return grant


def test_silence_stops_new_sessions_first_and_all_in_the_end(gate: Gate, issuer: Issuer, clock: HandClock) -> None:
    known, new = issuer.segment("ses_1"), issuer.segment("ses_2")
    grant = admitted(gate, known)
    clock.passed = NEW_S
    assert not gate.sees
    assert refusal(gate, new) == "appliance-cut-off"
    assert admitted(gate, known) is grant
    clock.passed = KNOWN_S
    assert gate.tick()
    assert gate.lost(grant)
    assert refusal(gate, known) == "appliance-cut-off"
    gate.end(frozenset(), whole=True)
    assert gate.sees
    assert admitted(gate, known).session == "ses_1"


def test_a_session_that_ends_loses_its_grant_and_gets_no_other(gate: Gate, issuer: Issuer) -> None:
    segment = issuer.segment("ses_1")
    grant = admitted(gate, segment)
    gate.end(frozenset({"ses_1"}), whole=False)
    assert gate.lost(grant)
    assert segment not in gate.grants
    assert refusal(gate, segment) == "session-ended"


async def test_a_key_that_was_removed_no_longer_counts_for_new_tokens(
    gate: Gate, issuer: Issuer, clock: HandClock
) -> None:
    segment = issuer.segment("ses_1")
    old = issuer.keyring.kids[0]
    issuer.keyring.rotate(clock.now())
    issuer.keyring.remove(old)
    gate.trust(issuer.keyring.jwks())
    looking = gate.admit(segment)
    assert not isinstance(looking, Grant)
    await looking
    assert refusal(gate, segment) == "media-token-invalid"


async def test_keys_are_looked_for_once_for_all_and_not_at_every_strange_token(
    gate: Gate, issuer: Issuer, clock: HandClock
) -> None:
    issuer.keyring.rotate(clock.now())
    first, second = gate.admit(issuer.segment("ses_1")), gate.admit(issuer.segment("ses_2"))
    assert not isinstance(first, Grant)
    assert not isinstance(second, Grant)
    await first
    await second
    assert admitted(gate, issuer.segment("ses_1")).session == "ses_1"
    issuer.keyring.rotate(clock.now())
    assert refusal(gate, issuer.segment("ses_3")) == "media-token-invalid"
    clock.passed += 1
    again = gate.admit(issuer.segment("ses_3"))
    assert not isinstance(again, Grant)
    await again
    assert admitted(gate, issuer.segment("ses_3")).session == "ses_3"
