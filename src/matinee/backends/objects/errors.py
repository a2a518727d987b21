"""obstore's errors by meaning, where it has no class of its own for one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from matinee.runtime.errors import OutOfSpace

_FULL = ("No space left on device", "Disk quota exceeded")


@contextmanager
def by_meaning() -> Generator[None]:
    """Around a put: raises OutOfSpace where the disk under the store takes no more."""
    try:
        yield
    except BaseError as wrong:
        if any(said in str(wrong) for said in _FULL):
            raise OutOfSpace from wrong
        raise
