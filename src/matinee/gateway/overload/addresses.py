"""Whose address a request comes from, where proxies stand before the gateway."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from cachebox import LRUCache

from matinee.runtime.errors import Invalid

Address = IPv4Address | IPv6Address

MOST_PROXIES = 16
"""In a row: what stands before is the client's, however much of it there is."""

_FORWARDED_FOR = re.compile(rb'(?:^|;)[ \t]*for[ \t]*=[ \t]*(?:"([^"\\]*)"|([^;"]*))', re.IGNORECASE)
_ELEMENT = re.compile(rb'(?:[^",]|"[^"]*+"?)++')
_FORWARDED_PROTO = re.compile(rb'(?:^|;)[ \t]*proto[ \t]*=[ \t]*"?(https?)"?[ \t]*(?:;|\Z)', re.IGNORECASE)


class Proxies:
    """The proxies that are believed when they say who asks: by address or network (`10.0.0.0/8`). Of what others say nothing is
    believed. Raises Invalid for what is neither."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._networks = [_network(each) for each in trusted]
        self._known: LRUCache[str, bool | None] = LRUCache(maxsize=1024)

    def trusts(self, address: str) -> bool:
        """Whether this is a proxy of ours."""
        if not self._networks:
            return False
        known = self._known.get(address)
        if known is None:
            found = read(address)
            known = self._known[address] = found is not None and any(
                found in network for network in self._networks if network.version == found.version
            )
        return known

    def client(self, chain: Iterable[str], nearest: str) -> str:
        """Who asks: of the addresses that proxies noted, the client's first, the last that is no proxy of ours. `nearest` is
        where the connection comes from. What follows something that is no address was written by nobody we know."""
        found = nearest
        for text in reversed(list(chain)):
            address = read(text)
            if address is None:
                break
            found = str(address)
            if not self.trusts(found):
                break
        return found


def read(text: str) -> Address | None:
    """An address as proxies write it: an IPv6 one may stand in brackets, both may have a port. An IPv4 address that came over
    IPv6 is that IPv4 address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def group(address: str) -> str:
    """What counts as one client: an IPv4 address; of IPv6 the /64, since a household has all of one."""
    if ":" not in address:
        return address
    found = read(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found) if found is not None else address


def x_forwarded_for(value: bytes) -> list[str]:
    """The last addresses of an X-Forwarded-For header, the client's before the proxies'."""
    return value.decode("latin-1").rsplit(",", MOST_PROXIES)[-MOST_PROXIES:]


def forwarded(value: bytes) -> list[str]:
    """The last addresses of a Forwarded header (RFC 7239), the client's before the proxies'; empty text where an element has
    none."""
    return [next(_nodes(element), "") for element in _elements(value)]


def forwarded_scheme(value: bytes) -> str:
    """The scheme that the nearest proxy noted in a Forwarded header; empty where it noted none."""
    found = _FORWARDED_PROTO.search(_elements(value)[-1])
    return found[1].decode().lower() if found else ""


def x_forwarded_scheme(value: bytes) -> str:
    """The scheme that the nearest proxy noted in an X-Forwarded-Proto header; empty where that is none of ours."""
    scheme = value.rpartition(b",")[2].strip().lower()
    return scheme.decode() if scheme in {b"http", b"https"} else ""


def _elements(value: bytes) -> list[bytes]:
    """The last of a list whose elements may be quoted. Someone may have written what cannot be read before them."""
    found = [element.strip() for element in _ELEMENT.findall(value)]
    return found[-MOST_PROXIES:] or [b""]


def _nodes(element: bytes) -> Iterator[str]:
    for quoted, plain in _FORWARDED_FOR.findall(element):
        yield (quoted or plain).decode("latin-1")


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as wrong:
        raise Invalid(f"A trusted proxy is an address or a network like 10.0.0.0/8, not {text!r}") from wrong
