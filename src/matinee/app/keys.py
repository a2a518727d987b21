"""The keys and secrets of a house, each in its own file under `secrets/`, made when first asked for."""

from __future__ import annotations

import contextlib
import os
import secrets

from matinee.app.process import Process
from matinee.runtime.signing import Keyring, Verifier


def keyring(process: Process, name: str) -> Keyring:
    """The ES256 keys called `name`: passport, gateway, media, or an appliance's."""
    return process.once(f"keyring {name}", lambda: Keyring.load(process.home.secrets / f"{name}.json"))


def appliance_verifiers(process: Process) -> dict[str, Verifier]:
    """What each appliance of the settings signs with, by its id."""
    names = process.settings.appliances.names
    return {name: Verifier(keyring(process, f"appliance-{name}").jwks()) for name in names}


def secret(process: Process, name: str) -> bytes:
    """32 random bytes that stay the same; two processes that ask at once get the same."""
    path = process.home.secrets / f"{name}.secret"
    draft = process.home.secrets / f".{name}.{os.getpid()}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
