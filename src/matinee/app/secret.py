"""A secret of the house, in a file of its own under `secrets/`, made when first asked for."""

from __future__ import annotations

import contextlib
import os
import secrets

from matinee.app.home import Home


def secret_of(home: Home, name: str) -> bytes:
    """32 random bytes that stay the same; two processes that ask at once get the same."""
    path = home.secrets / f"{name}.secret"
    draft = home.secrets / f".{name}.{os.getpid()}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
