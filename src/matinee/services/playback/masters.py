"""The keys that keys are wrapped by (AES key wrap, RFC 3394): what lies in the database opens no film without them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from msgspec import Struct

from matinee.runtime.errors import MatineeError


class Wrapped(Struct, frozen=True):
    """A wrapped key, and the name of the master that opens it."""

    master: str
    data: bytes


class Masters:
    """Keys of 32 bytes, the newest first: it wraps, all unwrap. Older ones stay for good: a database that was restored is
    wrapped by them, and without its master a film is lost."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self.replace(keys)

    def replace(self, keys: Sequence[bytes]) -> None:
        """From now on these count. Raises ValueError unless each has 32 bytes and there is one."""
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("a master key has 32 bytes")
        self._keys = {_name(key): key for key in keys}

    @property
    def newest(self) -> str:
        """The name of the one that wraps."""
        return next(iter(self._keys))

    def wrap(self, key: bytes) -> Wrapped:
        return Wrapped(self.newest, aes_key_wrap(self._keys[self.newest], key))

    def unwrap(self, wrapped: Wrapped) -> bytes:
        """Raises MatineeError where its master is gone, or the data are not what was wrapped."""
        master = self._keys.get(wrapped.master)
        if master is None:
            raise MatineeError("The master key of this film's key is missing")
        try:
            return aes_key_unwrap(master, wrapped.data)
        except InvalidUnwrap as wrong:
            raise MatineeError("This film's key is damaged") from wrong


def _name(key: bytes) -> str:
    return hashlib.sha256(b"matinee master " + key).hexdigest()[:16]
