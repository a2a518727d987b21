"""The PROXY protocol (HAProxy's specification, versions 1 and 2): what a balancer says of a connection before the client's own
bytes. Read only from proxies that are trusted."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple

from matinee.gateway.errors import BadRequest

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LONGEST_LINE = 107
LONGEST = 16 + 2048

_LINE = re.compile(rb"PROXY (?:TCP4|TCP6) ([0-9a-fA-F:.]+) ([0-9a-fA-F:.]+) [0-9]{1,5} [0-9]{1,5}\r\n")
_UNKNOWN = re.compile(rb"PROXY UNKNOWN[^\r\n]*\r\n")
_TLS = 0x20
_OVER_TLS = 0x01
_SIZES = {0x11: 4, 0x21: 16}


class Opening(NamedTuple):
    """`source` and `destination` are empty where the balancer speaks for itself (a health check). `secure`: the client reached it
    over TLS. `length` is how many bytes it took."""

    source: str
    destination: str
    secure: bool
    length: int


NONE = Opening("", "", secure=False, length=0)
"""Of a connection that begins with the client's own bytes."""


def begins(data: bytes) -> bool:
    """Whether this may be, or become, the opening of the PROXY protocol."""
    return data.startswith((b"PROXY ", SIGNATURE)) or b"PROXY ".startswith(data) or SIGNATURE.startswith(data)


def read(data: bytes) -> Opening | None:
    """What stands there; None where more must come. Raises BadRequest."""
    return _binary(data) if data.startswith(b"\r") else _text(data)


def _text(data: bytes) -> Opening | None:
    end = data.find(b"\r\n", 0, LONGEST_LINE) + 2
    if end < 2:
        if len(data) >= LONGEST_LINE:
            raise BadRequest("The line of the PROXY protocol does not end")
        return None
    line = data[:end]
    if _UNKNOWN.fullmatch(line):
        return Opening("", "", secure=False, length=end)
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequest("The line of the PROXY protocol is not well-formed")
    return Opening(_address(found[1]), _address(found[2]), secure=False, length=end)


def _address(text: bytes) -> str:
    try:
        return str(ip_address(text.decode()))
    except ValueError as wrong:
        raise BadRequest("The line of the PROXY protocol holds no address") from wrong


def _binary(data: bytes) -> Opening | None:
    if len(data) < 16:
        return None
    command, family, length = data[12], data[13], int.from_bytes(data[14:16])
    end = 16 + length
    if command not in {0x20, 0x21} or end > LONGEST:
        raise BadRequest("The opening of the PROXY protocol is not well-formed")
    if len(data) < end:
        return None
    size = _SIZES.get(family, 0)
    if command == 0x20 or not size:
        return Opening("", "", secure=False, length=end)
    if length < 2 * size + 4:
        raise BadRequest("The opening of the PROXY protocol is not well-formed")
    source, destination = data[16 : 16 + size], data[16 + size : 16 + 2 * size]
    secure = _secure(data[16 + 2 * size + 4 : end])
    return Opening(str(ip_address(source)), str(ip_address(destination)), secure=secure, length=end)


def _secure(values: bytes) -> bool:
    """Whether a TLS value says that the client came over TLS."""
    while len(values) >= 3:
        kind, length = values[0], int.from_bytes(values[1:3])
        if kind == _TLS and length >= 1 and len(values) >= 4:
            return bool(values[3] & _OVER_TLS)
        values = values[3 + length :]
    return False
