"""The servers that a gateway shares requests out among."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from matinee.app.process import Process

if TYPE_CHECKING:
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.balancing.fleet import Fleet

API = "public-api"
"""The socket at which a gateway finds the edge APIs of its machine as long as it has not been told of them."""


def fleet(process: Process) -> Fleet:
    """The clusters of this process's gateway, followed from its start on."""
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.balancing.fleet import Fleet
    from matinee.services.registry.contract import Registry

    def make(name: str) -> Cluster:
        return Cluster(name, [], Random(), process.zone)  # noqa: S311 - balancing, not secrets

    stand_in = {name: [url] for name, url in process.settings.services.items()}
    stand_in.setdefault("api", [f"unix:{process.home.socket(API)}"])
    file = process.home.followed / f"{process.name}.instances.json"
    made = Fleet(process.client(Registry), file, make, stand_in)
    process.run("instances", made.follow)
    return made
