"""The origin: gives the packaged films of `objects` to appliances, and to no one else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from obstore.store import ObjectStore

from matinee.cdn.core import ORIGIN_AUDIENCE
from matinee.runtime.clock import Clock
from matinee.runtime.signing import BadToken, Verifier

_PIECE = 1 << 18
_NAME = re.compile(r"/media(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}){3,8}\Z")

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Application:
    """ASGI. `GET` or `HEAD /media/{title}/{encode}/…` with `Authorization: Bearer {JWT}`, `iss` the appliance's id and `aud`
    "origin"; `appliances` holds each one's keys."""

    def __init__(self, objects: ObjectStore, appliances: Mapping[str, Verifier], clock: Clock) -> None:
        self._objects = objects
        self._appliances = appliances
        self._clock = clock

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        del receive  # no request here has a body
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        if method not in {"GET", "HEAD"}:
            await _problem(send, 405, "method-not-allowed", "Films are read with GET and HEAD")
        elif not self._known(dict(scope["headers"])):
            await _problem(send, 401, "unauthenticated", "The origin serves appliances alone")
        elif not _NAME.match(path):
            await _problem(send, 404, "not-found", "There is no such file")
        else:
            await self._give(path[1:], send, body=method == "GET")

    async def _give(self, key: str, send: Send, *, body: bool) -> None:
        try:
            found = await self._objects.get_async(key)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            await _problem(send, 404, "not-found", "There is no such file")
            return
        size = str(found.meta["size"]).encode()
        headers = [(b"content-type", b"application/octet-stream"), (b"content-length", size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if body:
            async for piece in found.stream(min_chunk_size=_PIECE):
                await send({"type": "http.response.body", "body": bytes(piece), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _known(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            return False
        for appliance_id, verifier in self._appliances.items():
            try:
                verifier.verify(token, self._clock.now(), issuer=appliance_id, audience=ORIGIN_AUDIENCE)
            except BadToken:
                continue
            return True
        return False


async def _problem(send: Send, status: int, kind: str, detail: str) -> None:
    text = msgspec.json.encode({"type": kind, "title": detail, "status": status, "detail": detail})
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
