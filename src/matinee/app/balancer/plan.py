from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from matinee.runtime.errors import Invalid

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9a-fA-F:.]+")
_PATH = re.compile(r"/[A-Za-z0-9_./@+-]+")
_QUIET = re.compile(r"[A-Za-z0-9_./@+~ -]+")


class GatewayAt(Struct, frozen=True, order=True):
    """A gateway as balancers reach it: at `host` and `port`, or at the unix socket `path`. `draining`: it gets nothing new."""

    zone: str
    host: str = ""
    port: int = 0
    path: str = ""
    draining: bool = False

    @property
    def name(self) -> str:
        """Its name in the configuration; the same as long as its address is."""
        return f"{self.zone}-{self.host.replace(':', '.') or self.path.strip('/').replace('/', '.')}-{self.port}"

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Plan(Struct, frozen=True):
    """What a balancer does: takes connections at `host` and `port`, over TLS with `certificates` (files of a chain and its key),
    and passes requests on to the gateways of its zone; to the others' when none of these is left. `tells` is how gateways
    learn who asks: by a header, or by the PROXY protocol. `folder` is for its own files."""

    host: str
    port: int
    zone: str
    gateways: tuple[GatewayAt, ...]
    folder: Path
    certificates: tuple[str, ...] = ()
    redirect_port: int = 0
    tells: str = "x-forwarded-for"

    @property
    def own(self) -> tuple[GatewayAt, ...]:
        return tuple(each for each in self.gateways if each.zone == self.zone)

    @property
    def others(self) -> tuple[GatewayAt, ...]:
        return tuple(each for each in self.gateways if each.zone != self.zone)


def gateway_at(url: str, zone: str, *, draining: bool = False) -> GatewayAt:
    """A gateway by its URL, `http://host:port` or `unix:/path`. Raises Invalid for what a configuration file must not hold."""
    if url.startswith("unix:"):
        path = url.removeprefix("unix:")
        if _PATH.fullmatch(path):
            return GatewayAt(zone, path=path, draining=draining)
    else:
        parts = urlsplit(url)
        host, port = parts.hostname or "", _port(url)
        if parts.scheme == "http" and port and _HOST.fullmatch(host):
            return GatewayAt(zone, host, port, draining=draining)
    raise Invalid(f"A gateway is `http://host:port` or `unix:/path`, not {url!r}")


def _port(url: str) -> int:
    try:
        port = urlsplit(url).port
    except ValueError:
        return 0
    return 80 if port is None else port


def plain(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths. Raises Invalid for one that would say something else in a configuration file, or that is no file."""
    found = tuple(paths)
    for path in found:
        if not _QUIET.fullmatch(path):
            raise Invalid(f"The path {path!r} holds signs that a configuration file cannot; give the file another name")
        if not Path(path).is_file():
            raise Invalid(f"There is no certificate file {path}")
    return found
