"""What this process follows of the properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matinee.app.process import Process

if TYPE_CHECKING:
    from matinee.services.registry.following import Following


def following(process: Process) -> Following:
    """The properties as this process follows them from its start on; `services/registry/following.py` says how to subscribe."""
    from matinee.services.registry.contract import Properties
    from matinee.services.registry.following import Following

    def make() -> Following:
        made = Following(process.client(Properties), process.home.followed / f"{process.name}.properties.json")
        process.run("properties", made.run)
        return made

    return process.once("following", make)
