"""The processes of `matinee up`: one machine, everything on it."""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct

from matinee.app.home import Home
from matinee.app.ports import claim, free, from_here
from matinee.app.supervisor import Child
from matinee.config import Settings
from matinee.runtime.errors import PortTaken

CORE = (
    "gateway api accounts billing catalog search history metrics playback steering fill jobs registry push traffic "
    "ingest events timers door"
).split()

DRAIN_S = 1.0
"""All end together, and nobody is there to take their work."""

_THRIFTY = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""glibc keeps an arena a thread, and more the larger the blocks it has seen: a fifth more memory, and no time saved."""


class Address(Struct, frozen=True):
    """Where the front door listens; `host` 0.0.0.0 or :: lets other machines in. `certificate` is as in the settings; at
    `trust_port` a home network's viewers find its root."""

    host: str
    port: int
    certificate: str = ""
    trust_port: int = 0

    @property
    def url(self) -> str:
        here = self.host in {"127.0.0.1", "0.0.0.0", "::", "::1"}  # noqa: S104
        return from_here("localhost" if here else self.host, self.port, "https" if self.certificate else "http")


def children(
    home: Home, settings: Settings, address: Address, *, test_clock: bool, say: Callable[[str, str], None]
) -> list[Child]:
    """Core, worker, appliances and origin. Raises PortTaken when the front door's port is."""
    claim(address.host, address.port)
    common = ["--home", str(home.path), *(["--test-clock"] if test_clock else [])]
    environment = {
        **os.environ,
        "MATINEE_GATEWAY_HOST": address.host,
        "MATINEE_GATEWAY_PORT": str(address.port),
        "MATINEE_GATEWAY_CERTIFICATE": address.certificate,
        "MATINEE_GATEWAY_TRUST_PORT": str(address.trust_port),
        "PYTHONUNBUFFERED": "1",
        **_THRIFTY,
    }

    def child(name: str, *arguments: str) -> Child:
        return Child(name, ["serve", *arguments, "--name", name, "--drain", str(DRAIN_S), *common], environment, say)

    told_at = settings.admin.first_port
    told = range(told_at, told_at + 3 + len(settings.appliances.names)) if told_at else range(0)
    for port in told:
        if port in {address.port, address.trust_port}:
            raise PortTaken(f"[admin] first_port: port {port} is the front door's; choose another")
        claim("127.0.0.1", port, "[admin] first_port")
    appliances: list[Child] = []
    taken = {address.port, address.trust_port, *told}
    first = settings.appliances.first_port
    for name in settings.appliances.names:
        port = free(address.host, first, taken)
        taken.add(port)
        first = port + 1
        appliances.append(child(name, "cdn", "--port", str(port)))
    made = [child("core", *CORE), child("worker", "worker"), *appliances, child("origin", "origin")]
    for port, each in zip(told, made, strict=False):
        each.arguments = [*each.arguments, "--admin", f"127.0.0.1:{port}"]
    return made
