"""The door for workers on other machines: the few services they need, and the objects, over TLS and with the service token."""

from __future__ import annotations

import os
import socket
from typing import Any

from matinee.app import stores
from matinee.app.admission import address, token
from matinee.app.listener import listen
from matinee.app.process import Process
from matinee.runtime.errors import Unavailable

PREFIXES = "work/", "sources/", "uploads/", "media/", "images/"


class Ways:
    """ASGI: objects by their path, all else to the operations; each asks for the token itself."""

    def __init__(self, operations: Any, objects: Any) -> None:
        self._operations = operations
        self._objects = objects

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        way = self._objects if scope.get("path", "").startswith("/objects") else self._operations
        await way(scope, receive, send)


async def door(process: Process) -> None:
    """Opens only where the settings say at which address."""
    if not process.settings.internal.listen:
        return
    from matinee.app.certificates import door as door_certificate
    from matinee.backends.objects.parts import Parts
    from matinee.backends.objects.server import Door
    from matinee.runtime.rpc import server
    from matinee.services.catalog.contract import Catalog
    from matinee.services.fill.contract import Fill
    from matinee.services.jobs.contract import Jobs
    from matinee.services.playback.contract import Playback

    service_token = token(process.home)
    needed: dict[type, tuple[str, ...]] = {
        Jobs: ("lease", "heartbeat", "finish", "job"),
        Catalog: ("encode", "attach", "publish", "offer_artwork", "choose_artwork"),
        Fill: ("want",),
        Playback: ("key",),
    }
    services: dict[type, object] = {contract: process.client(contract) for contract in needed}
    parts = Parts(process.home.scratch / ".parts", lambda: process.ids.new("upl"))
    objects = Door(stores.objects(process), parts, service_token, PREFIXES)
    bound = _bound(*address(process.settings.internal))
    certificate = door_certificate(process.home, process.settings.internal.names)
    await listen(process, "door", Ways(server.app(services, service_token, needed), objects), bound, certificate)


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as wrong:
        why = os.strerror(wrong.errno) if wrong.errno else str(wrong)
        raise Unavailable(f"the door for workers cannot listen on {host}:{port}: {why}") from wrong
