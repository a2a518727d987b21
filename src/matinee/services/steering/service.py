from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock
from matinee.runtime.signing import Keyring
from matinee.services.steering import rules
from matinee.services.steering.contract import (
    Appliance,
    Appliances,
    AppliancesQuery,
    KeysQuery,
    PublicKeys,
    Ranking,
    RankQuery,
    Report,
    Signed,
    SignQuery,
)
from matinee.services.steering.media_token import MediaTokens

_FORGOTTEN_S = 24 * 3600.0


class Heard(Struct, frozen=True):
    report: Report
    at: float
    """Of the monotonic clock: reports age by real time."""
    seen_at: datetime


class Service:
    """Steering in memory: after a start, the next second's reports tell it all it knew."""

    def __init__(self, clock: Clock, keyring: Keyring) -> None:
        self._clock = clock
        self._keyring = keyring
        self._tokens = MediaTokens(keyring)
        self._heard: dict[str, Heard] = {}
        self._began = clock.monotonic()
        self._bell = Bell()

    async def report(self, message: Report) -> None:
        now = self._clock.monotonic()
        self._heard[message.appliance_id] = Heard(message, now, self._clock.real_now())
        self._heard = {name: last for name, last in self._heard.items() if now - last.at < _FORGOTTEN_S}
        self._bell.ring()

    async def rank(self, message: RankQuery) -> Ranking:
        await self._first_report()
        reports = [last.report for last in self._heard.values() if self._fresh(last)]
        return Ranking(rules.rank(reports, message.encode_path, message.host, message.shunned))

    async def sign(self, message: SignQuery) -> Signed:
        token = self._tokens.token(message.session_id, message.encode_path, message.expires_at)
        return Signed(f"URISigningPackage={token}")

    async def media_keys(self, message: KeysQuery) -> PublicKeys:
        del message
        return PublicKeys(self._keyring.jwks())

    async def appliances(self, message: AppliancesQuery) -> Appliances:
        del message
        known = sorted(self._heard.values(), key=lambda last: last.report.appliance_id)
        return Appliances([Appliance(h.report, h.seen_at, self._fresh(h) and h.report.healthy) for h in known])

    async def _first_report(self) -> None:
        """Whoever asks right after a start waits for what the appliances say each second."""
        left = self._began + rules.SILENT_S - self._clock.monotonic()
        if not self._heard and left > 0:
            await heard(self._bell.listen(), left)

    def _fresh(self, last: Heard) -> bool:
        return self._clock.monotonic() - last.at < rules.SILENT_S
