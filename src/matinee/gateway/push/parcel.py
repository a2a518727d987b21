from __future__ import annotations

from typing import Any

import msgspec

from matinee.gateway.wire.frames import TEXT, frame
from matinee.services.push.contract import Numbered


class Parcel:
    """A message as devices are sent it, made once for all of them. Its id is what a device that comes back names."""

    __slots__ = ("_event", "_text", "message", "number")

    def __init__(self, numbered: Numbered) -> None:
        self.number = numbered.number
        self.message = numbered.message
        self._event = b""
        self._text = b""

    @property
    def event(self) -> bytes:
        if not self._event:
            self._event = event(self.message.kind, self.message.data, self.number)
        return self._event

    @property
    def text(self) -> bytes:
        if not self._text:
            self._text = text(self.message.kind, self.message.data, self.number)
        return self._text


def event(kind: str, data: dict[str, Any], number: int = 0, retry_ms: int = 0) -> bytes:
    """One of Server-Sent Events. JSON has no line ends of its own."""
    lines = [b"event: " + kind.encode(), b"data: " + msgspec.json.encode(data)]
    if number:
        lines.append(b"id: %d" % number)
    if retry_ms:
        lines.append(b"retry: %d" % retry_ms)
    return b"\n".join(lines) + b"\n\n"


def text(kind: str, data: dict[str, Any], number: int = 0) -> bytes:
    """A text frame."""
    told: dict[str, Any] = {"kind": kind, "data": data}
    if number:
        told["id"] = str(number)
    return frame(TEXT, msgspec.json.encode(told))
