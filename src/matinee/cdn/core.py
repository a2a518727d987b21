"""The appliance's side of `/api/open-connect/…`: what it asks and tells under its own signature."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TypeVar

import msgspec

from matinee.runtime.clock import Clock
from matinee.runtime.errors import Unavailable
from matinee.runtime.http1 import Client
from matinee.runtime.signing import Keyring
from matinee.services.fill.contract import Manifest
from matinee.services.playback.contract import Ended
from matinee.services.steering.contract import Report

T = TypeVar("T")

CORE_AUDIENCE, ORIGIN_AUDIENCE = "open-connect", "origin"
"""Whom an appliance's tokens are for."""

TOKEN_LIFE = timedelta(seconds=60)
_MOST_BYTES = 1 << 29
_SLACK_S = 1.5  # beyond what was asked to wait


class Signature:
    """An appliance's own tokens, for one audience; one is used for half its life."""

    def __init__(self, appliance_id: str, audience: str, keyring: Keyring, clock: Clock) -> None:
        self._claims = {"iss": appliance_id, "aud": audience}
        self._keyring = keyring
        self._clock = clock
        self._token, self._until = "", clock.now()

    def field(self) -> dict[str, str]:
        """The Authorization header."""
        now = self._clock.now()
        if now >= self._until:
            self._token = self._keyring.sign({**self._claims, "exp": int((now + TOKEN_LIFE).timestamp())})
            self._until = now + TOKEN_LIFE / 2
        return {"authorization": f"Bearer {self._token}"}


class Core:
    """Raises Unavailable, DeadlineExceeded or TooLarge for whatever is not a good answer in time."""

    def __init__(self, client: Client, signature: Signature) -> None:
        self._client = client
        self._signature = signature

    async def report(self, report: Report) -> None:
        await self._ask("POST", "reports", body=msgspec.json.encode(report))

    async def keys(self) -> str:
        """The JWK set of media tokens."""
        text = (await self._ask("GET", "keys")).decode("utf-8", "replace")
        try:
            json.loads(text)["keys"]
        except (ValueError, KeyError, TypeError) as wrong:
            raise Unavailable("The core's keys cannot be read") from wrong
        return text

    async def manifest(self, after: int, wait_s: float) -> Manifest:
        return _read(await self._ask("GET", f"manifest?after={after}&wait_s={wait_s:g}", wait_s=wait_s), Manifest)

    async def ended(self, after: int, wait_s: float) -> Ended:
        return _read(await self._ask("GET", f"ended?after={after}&wait_s={wait_s:g}", wait_s=wait_s), Ended)

    async def _ask(self, method: str, what: str, *, body: bytes = b"", wait_s: float = 0) -> bytes:
        fields = self._signature.field() | {"accept": "application/json"}
        if body:
            fields["content-type"] = "application/json"
        target, timeout_s = f"/api/open-connect/{what}", wait_s + _SLACK_S
        answer = await self._client.request(
            method, target, fields, body, timeout_s, idempotent=True, most_bytes=_MOST_BYTES
        )
        if answer.status not in {200, 204}:
            raise Unavailable(f"The core answered {answer.status} to {what.partition('?')[0]}")
        return answer.body


def _read(answer: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError as wrong:
        raise Unavailable("The core's answer cannot be read") from wrong
