from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from cachebox import LRUCache

from matinee.runtime.errors import Invalid

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?")


class Site(NamedTuple):
    """The scheme and host (with its port) of public URLs."""

    scheme: str
    host: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def name(self) -> str:
        """The host without its port; an IPv6 address keeps its brackets."""
        return re.sub(r":[0-9]*\Z", "", self.host)


NOWHERE = Site("", "")


class Hosts:
    """The names by which this installation may be asked: loopback, the names of the settings, the public URL's,
    and the very address that the client connected to. Any other name may be a stranger's that points here (DNS rebinding).

    `names` are host names without ports. `url` is the public URL where it is fixed; then every site is that.
    """

    def __init__(self, names: Iterable[str] = (), url: str = "", scheme: str = "http") -> None:
        self._names = {"localhost", *(name.lower().rstrip(".") for name in names)}
        self._scheme = scheme
        self._fixed = ""
        if url:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise Invalid(f"The public URL must begin with http:// or https:// and a host name, not be {url!r}")
            self._names.add(parts.hostname)
            self._scheme, self._fixed = parts.scheme, parts.netloc.lower()
        self._known: LRUCache[tuple[bytes, str, str], Site | None] = LRUCache(maxsize=1024)

    def site(self, host: bytes, own: str, scheme: str = "") -> Site | None:
        """Where a request with this Host header is, None where the name is not ours; `own` is the address of our end of the
        connection, `scheme` how it came where that is known."""
        key = (host, own, scheme)
        known = self._known.get(key)
        if known is None:
            name = host.decode("latin-1").lower()
            by = (not self._fixed and scheme) or self._scheme
            known = Site(by, self._fixed or name) if self._ours(name, own) else NOWHERE
            self._known[key] = known
        return known if known is not NOWHERE else None

    def _ours(self, host: str, own: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None or int(found[2] or 0) > 65535:
            return False
        name = found[1].rstrip(".")
        if name in self._names or name.endswith(".localhost"):
            return True
        address = _address(name.strip("[]"))
        return address is not None and (address.is_loopback or address == _address(own))


def loopback(address: str) -> bool:
    """Whether a peer's address is of this machine itself. A unix socket has none: whoever opens it is here."""
    found = _address(address)
    return not address or (found is not None and found.is_loopback)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
