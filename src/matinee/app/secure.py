"""https at the front door and at appliances: by files that the settings name, or by the house's own root in a home network."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from matinee.app import certificates
from matinee.app.home import Home
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.config import Settings
from matinee.runtime.tls import Certificate

log = logging.getLogger(__name__)

LOCAL = "local"
FRONT = "front"
"""The socket at which the house's own processes find the front door where it speaks https outside: a link to that of one of its
gateways."""

_LOOK_S = 60.0
_LED_S = 2.0


def secure(settings: Settings) -> bool:
    """Whether front door and appliances speak https."""
    return bool(settings.gateway.certificate)


def known_outside(settings: Settings) -> bool:
    """Whether https works for this host name on every port and for good, so that browsers may be told to insist on it. A home
    machine has other things on other ports, in the clear, and the page with its root."""
    return settings.url.startswith("https:") or settings.gateway.certificate not in {"", LOCAL}


def certificate(process: Process) -> Certificate | None:
    """That of this process's listeners, followed as it changes. Raises Unavailable where it cannot be read."""
    return process.once("front certificate", lambda: _opened(process))


def _opened(process: Process) -> Certificate | None:
    settings = process.settings.gateway
    if not settings.certificate:
        return None
    if settings.certificate == LOCAL:
        opened = Certificate(certificates.front(process.home, names(process.settings)))
        process.run("addresses of this machine", lambda: _renew(process))
    else:
        key = process.home.path / settings.key if settings.key else None
        opened = Certificate(process.home.path / settings.certificate, key)
    process.run("front certificate", opened.follow)
    return opened


async def _renew(process: Process) -> None:
    """The certificate is for the addresses that this machine has now, and never near its end."""
    while True:
        await asyncio.sleep(_LOOK_S)
        await asyncio.to_thread(certificates.front, process.home, names(process.settings))


def names(settings: Settings) -> set[str]:
    """By which names this machine may be reached in its network."""
    host = socket.gethostname().lower().partition(".")[0]
    return {*settings.gateway.names, host, f"{host}.local", *addresses()}


def addresses() -> list[str]:
    """This machine's addresses towards other networks, IPv4 first; nothing is sent."""
    found: list[str] = []
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((elsewhere, 9))
                found.append(str(probe.getsockname()[0]).partition("%")[0])
        except OSError:
            continue
    return found


def fingerprint(home: Home, settings: Settings) -> str:
    """The root's SHA-256, as people compare it."""
    digest = certificates.root(home, names(settings)).fingerprint(SHA256()).hex().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def urls(port: int) -> list[str]:
    """Where other devices of the network find the front door: by this machine's name, and by its address."""
    host = socket.gethostname().lower().partition(".")[0]
    return [from_here(each, port, "https") for each in (f"{host}.local", *addresses()[:1])]


async def offer_inside(process: Process, start_at: Callable[[Path], Awaitable[None]]) -> None:
    """Lets the house's own processes in, in the clear: at a socket of this gateway, to which `FRONT` leads until another is
    started, and again when that one is gone."""
    own, door = process.home.socket(f"{FRONT}-{process.name}"), process.home.socket(FRONT)
    await start_at(own)
    process.home.lead(FRONT, own)

    async def lead() -> None:
        while True:
            await asyncio.sleep(_LED_S)
            if not await _answers(door):
                process.home.lead(FRONT, own)

    process.run("inner front door", lead)


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True


async def offer_root(process: Process) -> None:
    """The page from which viewers take the root, in the clear at a port of its own."""
    from matinee.gateway.hosts import Hosts
    from matinee.gateway.server import alone
    from matinee.gateway.trust_page import TrustPage

    settings = process.settings
    if settings.gateway.certificate != LOCAL or not settings.gateway.trust_port:
        return
    found = certificates.root(process.home, names(settings))
    port = process.options.get("gateway_port") or settings.gateway.port
    page = TrustPage(found.public_bytes(Encoding.DER), fingerprint(process.home, settings), urls(port))
    built = alone(page, Hosts(names(settings)), process.ids, process.clock)
    try:
        await built.start(settings.gateway.host, settings.gateway.trust_port)
    except OSError as wrong:
        log.warning("the page with the root certificate cannot be served: %s", wrong)
        return
    process.on_stop("trust page", partial(built.stop, 0))
