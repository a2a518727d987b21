"""The keys and secrets of a house, each in its own file under `secrets/`, made when first asked for."""

from __future__ import annotations

import asyncio

from matinee.app.home import Home
from matinee.app.masters import MasterFile
from matinee.app.process import Process
from matinee.app.secret import secret_of
from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import Keyring, Verifier

ROTATED = ("passport", "gateway", "media")
LOOK_S = 5.0


def keyring(process: Process, name: str) -> Keyring:
    """The ES256 keys called `name`: passport, gateway, media, or an appliance's. Follows their rotation."""
    return process.once(f"keyring {name}", lambda: _followed(process, name))


def _followed(process: Process, name: str) -> Keyring:
    keys = Keyring.load(process.home.secrets / f"{name}.json")

    async def follow() -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            keys.reload()

    if name in ROTATED:
        process.run(f"keys {name}", follow)
    return keys


def rotate(home: Home) -> dict[str, str]:
    """New keys by the name of their keyring; of the older ones the last stays. Of the masters, which wrap the keys of films, all
    stay. Running processes follow within seconds."""
    signing = {name: _rotated(Keyring.load(home.secrets / f"{name}.json")) for name in ROTATED}
    return {**signing, "masters": MasterFile(home).rotate()}


def _rotated(keys: Keyring) -> str:
    fresh = keys.rotate(SystemClock().now())
    for old in keys.kids[2:]:
        keys.remove(old)
    return fresh


def appliance_verifiers(process: Process) -> dict[str, Verifier]:
    """What each appliance of the settings signs with, by its id."""
    names = process.settings.appliances.names
    return {name: Verifier(keyring(process, f"appliance-{name}").jwks()) for name in names}


def secret(process: Process, name: str) -> bytes:
    """32 random bytes that stay the same; two processes that ask at once get the same."""
    return secret_of(process.home, name)
