"""obstore's errors by meaning, where it has no class of its own for one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from matinee.runtime.disk import is_full
from matinee.runtime.errors import OutOfSpace


@contextmanager
def by_meaning() -> Generator[None]:
    """Around a put: raises OutOfSpace where the disk under the store takes no more."""
    try:
        yield
    except BaseError as wrong:
        if is_full(wrong):
            raise OutOfSpace from wrong
        raise
