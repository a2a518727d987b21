"""The opening of a WebSocket (RFC 6455 section 4): the only protocol that a connection may switch to here. Both halves are
checked to the letter, so that nobody can make a tunnel of what a server takes for plain HTTP."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha1

_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*+([^ \t\r]*+)[ \t]*+(?=\r\n)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:(?:[^\r]*[ \t,])?upgrade[ \t]*+(?:,[^\r]*)?\r\n", re.IGNORECASE)
_ACCEPT = re.compile(rb"\r\nsec-websocket-accept:[ \t]*+([^ \t\r]*+)[ \t]*+(?=\r\n)", re.IGNORECASE)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def key(fields: Mapping[bytes, bytes]) -> bytes | None:
    """The key of a well-formed opening, None where it is none: by the fields of a request, which is a GET without a body."""
    if fields.get(b"upgrade", b"").lower() != b"websocket" or fields.get(b"sec-websocket-version") != b"13":
        return None
    if b"upgrade" not in {option.strip() for option in fields.get(b"connection", b"").lower().split(b",")}:
        return None
    told = fields.get(b"sec-websocket-key", b"")
    return told if _KEY.fullmatch(told) else None


def accept(told: bytes) -> bytes:
    """What a server answers to a key."""
    return b64encode(sha1(told + _GUID, usedforsecurity=False).digest())


def accepted(head: bytes, told: bytes) -> bool:
    """Whether a 101 with this head, as it came, is a server's yes to an opening with this key."""
    upgrades = [protocol.lower() for protocol in _UPGRADE.findall(head)]
    if upgrades != [b"websocket"] or _CONNECTION.search(head) is None:
        return False
    return _ACCEPT.findall(head) == [accept(told)]
