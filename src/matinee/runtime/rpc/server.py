"""The other side of `http.HttpChannel`: services as an ASGI app."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from time import perf_counter
from typing import Any

import msgspec

from matinee.runtime import trace
from matinee.runtime.errors import Fault, Invalid, MatineeError, NotFound, TooLarge, Unauthenticated
from matinee.runtime.rpc import deadline
from matinee.runtime.rpc.channel import LocalChannel
from matinee.runtime.rpc.http import CONTENT_TYPE, DEADLINE_MS
from matinee.runtime.rpc.operation import Operation, operations

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_MOST_BYTES = 16 << 20
_LONGEST_MS = 3_600_000
_AT = re.compile(r" - at `\$\.?([^`]+)`\Z")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_log = logging.getLogger(__name__)
_access = logging.getLogger(f"{__name__}.access")
_encoder = msgspec.msgpack.Encoder()


def app(
    services: Mapping[type, object], token: str | None = None, only: Mapping[type, Collection[str]] | None = None
) -> App:
    """The ASGI app of these services, each under its contract. With a `token`, only who bears it is answered; with `only`, no
    more than the operations that it names of each.

    A MatineeError is answered as its fault with its status; anything else is logged and answered as `internal`.
    """
    routes = {
        f"/rpc/{operation.service}/{operation.name}": _Route(operation, service)
        for contract, service in services.items()
        for operation in operations(contract).values()
        if only is None or operation.name in only[contract]
    }
    bearer = None if token is None else f"Bearer {token}".encode()

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            with trace.received(scope["headers"]):
                began = perf_counter()
                status, body = await _answer(routes, bearer, scope, receive)
                _access.info("%s %d, %.1f ms", scope["path"], status, (perf_counter() - began) * 1000)
            await _send(send, status, body)

    return serve


class _Route:
    """One operation of one service."""

    def __init__(self, operation: Operation, service: object) -> None:
        self._operation = operation
        self._channel = LocalChannel(service)
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(operation.request)

    async def call(self, body: bytes, within_s: float) -> bytes:
        try:
            message = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise invalid(error) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid("The message is not msgpack") from error
        with deadline.within(within_s):
            return _encoder.encode(await self._channel.call(self._operation, message))


def invalid(error: msgspec.ValidationError) -> Invalid:
    """The error as the caller reads it: the sentence, and in `field` the path of what is wrong."""
    sentence = str(error)
    at, missing = _AT.search(sentence), _MISSING.search(sentence)
    path = ".".join(part[1] for part in (at, missing) if part)
    return Invalid(_AT.sub("", sentence) + (f" (in {path})" if at else ""), field=path)


async def _answer(
    routes: Mapping[str, _Route], bearer: bytes | None, scope: Message, receive: Receive
) -> tuple[int, bytes]:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    try:
        if bearer is not None and not hmac.compare_digest(headers.get(b"authorization", b""), bearer):
            raise Unauthenticated("This service asks for its service token")  # noqa: TRY301 - all answers are made here
        route = routes.get(scope["path"])
        if route is None or scope["method"] != "POST":
            raise NotFound("There is no such operation")  # noqa: TRY301
        body = await _body(receive)
        return 200, await route.call(body, _left(headers))
    except MatineeError as error:
        return error.status, _faulted(error)
    except Exception:  # noqa: BLE001 - logged, and told to nobody
        _log.exception("%s failed", scope["path"])
        return 500, _faulted(MatineeError())


def _left(headers: Mapping[bytes, bytes]) -> float:
    """Seconds until the caller's deadline; where he names none, the operation's own bound is the only one."""
    given = headers.get(DEADLINE_MS.encode(), b"%d" % _LONGEST_MS)
    if not given.isdigit() or len(given) > 9:
        raise Invalid(f"{DEADLINE_MS} is a number of milliseconds")
    return int(given) / 1000


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The caller went away")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > _MOST_BYTES:
            raise TooLarge("The message is larger than 16 MiB")
        if not message.get("more_body"):
            return b"".join(pieces)


def _faulted(error: MatineeError) -> bytes:
    try:
        return _encoder.encode(error.fault())
    except TypeError:  # an extension member that msgpack cannot say
        _log.exception("the fault %s cannot be sent whole", error.type)
        return _encoder.encode(Fault(error.type, error.detail, {}))


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
