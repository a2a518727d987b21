from __future__ import annotations

import msgspec
from cachebox import LRUCache

from matinee.runtime.bell import heard
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Invalid, TooLarge
from matinee.runtime.rpc import deadline
from matinee.services.push import rules
from matinee.services.push.contract import (
    MOST_BYTES,
    Message,
    Missed,
    Numbered,
    Observed,
    ObserveMessages,
    Renew,
    Renewed,
    Resume,
    Returning,
    Sent,
)
from matinee.services.push.gateways import Gateway
from matinee.services.push.recent import Recent

_LONGEST_WAIT_S = 30.0
_SETTLE_S = 30.0
_REMEMBERED = 10_000


class Service:
    """Who is connected where, and what is on its way to them: all in memory, and told anew by the gateways after a start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gateways: dict[str, Gateway] = {}
        self._recent = Recent()
        self._sent: LRUCache[str, int | None] = LRUCache(maxsize=_REMEMBERED)
        self._number = milliseconds(clock.real_now())  # a later start goes on above this one's numbers
        self._settled = clock.monotonic()

    async def send(self, message: Message) -> Sent:
        _check(message)
        known = self._sent.get(message.id)
        if known is not None:
            return Sent(known)
        if message.expires_at <= self._clock.now():
            return Sent(0)
        self._number += 1
        numbered, now = Numbered(self._number, message), self._clock.monotonic()
        self._recent.keep(numbered, now)
        self._settle(now)
        devices = 0
        for gateway in self._gateways.values():
            found = gateway.devices(message, now)
            if found:
                gateway.put(numbered)
                devices += found
        self._sent[message.id] = devices
        return Sent(devices)

    async def renew(self, message: Renew) -> Renewed:
        now = self._clock.monotonic()
        self._settle(now)
        gateway = self._gateways.get(message.gateway)
        if gateway is None:
            if not message.whole:
                return Renewed(0.0)
            gateway = self._gateways[message.gateway] = Gateway(now + rules.GRACE_S)
        gateway.renew(message.holdings, now + rules.TTL_S, whole=message.whole)
        return Renewed(rules.TTL_S)

    async def observe(self, message: ObserveMessages) -> Observed:
        gateway = self._gateways.get(message.gateway)
        if gateway is None:
            return Observed(self._number, [], known=False)
        wait_s = deadline.patience(message.wait_s, _LONGEST_WAIT_S)
        until = self._clock.monotonic() + wait_s
        gateway.until = until + rules.GRACE_S
        after = message.after if message.after <= self._number else -1
        while True:
            rung = gateway.bell.listen()
            found, left = gateway.after(after), until - self._clock.monotonic()
            if found or left <= 0:
                break
            await heard(rung, left)
        cursor = found[-1].number if found else self._number
        now = self._clock.now()
        return Observed(cursor, [each for each in found if each.message.expires_at > now], gateway.dropped)

    async def resume(self, message: Resume) -> Missed:
        return Missed([self._missed(device) for device in message.devices])

    def _missed(self, device: Returning) -> list[Numbered]:
        now = self._clock.now()
        return [
            each
            for each in self._recent.of(device.account_id, self._clock.monotonic())
            if each.number > device.after and each.message.expires_at > now and rules.meant(each.message, device)
        ]

    def _settle(self, now: float) -> None:
        """Forgets the gateways that are gone, and now and then what was not told again."""
        for name in [name for name, gateway in self._gateways.items() if gateway.until < now]:
            del self._gateways[name]
        if now - self._settled >= _SETTLE_S:
            self._settled = now
            for gateway in self._gateways.values():
                gateway.settle(now)


def _check(message: Message) -> None:
    if message.profile_id is not None and message.account_id is None:
        raise Invalid("A message for a profile names its account", field="account_id")
    try:
        size = len(msgspec.json.encode(message.data))
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"data is no JSON object: {error}", field="data") from error
    if size > MOST_BYTES:
        raise TooLarge(f"a message's data is at most {MOST_BYTES} bytes")
