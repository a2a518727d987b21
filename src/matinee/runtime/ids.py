"""Identifiers: UUIDv7 (RFC 9562) as 32 hex digits behind a prefix for their kind, `ttl_0199…`. They sort by time."""

from __future__ import annotations

import os
from collections.abc import Callable

from matinee.runtime.clock import Clock, milliseconds

TITLE, ENCODE, IMAGE = "ttl", "enc", "img"
ACCOUNT, PROFILE, LOGIN, PASSPORT = "acc", "prf", "lgn", "psp"
SUBSCRIPTION, PERIOD, PAYMENT, ENTRY = "sub", "prd", "pay", "ent"
SESSION, JOB, TASK, UPLOAD, EVENT, REQUEST = "ses", "job", "tsk", "upl", "evt", "req"


class Ids:
    """Makes ids. `entropy(n)` gives n random bytes; tests pass their own."""

    def __init__(self, clock: Clock, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._entropy = entropy

    def new(self, prefix: str) -> str:
        value = (milliseconds(self._clock.now()) << 80) | int.from_bytes(self._entropy(10))
        value = (value & ~(0xF << 76)) | (0x7 << 76)
        value = (value & ~(0x3 << 62)) | (0x2 << 62)
        return f"{prefix}_{value:032x}"
