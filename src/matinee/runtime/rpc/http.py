"""The channel between processes: msgpack posted to `/rpc/{service}/{operation}`."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import msgspec

from matinee.runtime import trace
from matinee.runtime.errors import DeadlineExceeded, Fault, Invalid, MatineeError, Unavailable, raised
from matinee.runtime.http1 import Client, Response
from matinee.runtime.rpc import deadline
from matinee.runtime.rpc.operation import Operation

CONTENT_TYPE = "application/x-msgpack"
DEADLINE_MS = "x-matinee-deadline-ms"
_PAUSE_S = 0.05  # a server that just refused may be starting

_fault = msgspec.msgpack.Decoder(Fault)


class HttpChannel:
    """Calls the services that `server.app` serves at `http://host:port`, `https://…` or `unix:/path`.

    `token` is the service token that the server asks for, `tls` says whose certificates count. An idempotent operation is
    tried once more where the connection was refused or reset. Close it when its process ends.
    """

    def __init__(self, url: str, token: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._client = Client(url, tls=tls)
        self._headers = {"content-type": CONTENT_TYPE}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders: dict[tuple[str, str], msgspec.msgpack.Decoder[Any]] = {}

    async def call(self, operation: Operation, message: Any) -> Any:
        end = asyncio.get_running_loop().time() + deadline.remaining(operation.timeout_s)
        body = self._encoded(message)
        try:
            answer = await self._post(operation, body, end)
        except Unavailable:
            if not operation.idempotent:
                raise
            await asyncio.sleep(_PAUSE_S)
            answer = await self._post(operation, body, end)
        return self._read(operation, answer)

    def _encoded(self, message: Any) -> bytes:
        try:
            return self._encoder.encode(message)
        except OverflowError as wrong:
            raise Invalid(f"a number is too large to be told to others: {wrong}") from wrong

    async def close(self) -> None:
        await self._client.close()

    async def _post(self, operation: Operation, body: bytes, end: float) -> Response:
        left = end - asyncio.get_running_loop().time()
        if left <= 0:
            raise DeadlineExceeded(f"{operation.service} did not answer within its deadline")
        headers = {**self._headers, DEADLINE_MS: str(max(1, int(left * 1000))), **trace.headers()}
        target = f"/rpc/{operation.service}/{operation.name}"
        try:
            return await self._client.request("POST", target, headers, body, left, idempotent=operation.idempotent)
        except DeadlineExceeded as late:
            raise DeadlineExceeded(f"{operation.service} did not answer within its deadline") from late
        except Unavailable as away:  # its own sentence names an address that is nobody's business outside
            raise Unavailable(f"{operation.service} cannot be reached; try again in a moment") from away

    def _read(self, operation: Operation, answer: Response) -> Any:
        if answer.headers.get("content-type") != CONTENT_TYPE:
            raise Unavailable(f"{operation.service} answered with status {answer.status} and no message")
        try:
            if answer.status == 200:
                return self._decoder(operation).decode(answer.body)
            fault = _fault.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise MatineeError(
                f"{operation.service} answered {operation.name} with a message of another shape"
            ) from error
        raise raised(fault)

    def _decoder(self, operation: Operation) -> msgspec.msgpack.Decoder[Any]:
        key = operation.service, operation.name
        if key not in self._decoders:
            self._decoders[key] = msgspec.msgpack.Decoder(operation.answer)
        return self._decoders[key]
