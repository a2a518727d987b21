"""What a full disk looks like to those who write to it."""

from __future__ import annotations

import errno

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SAID = ("No space left on device", "Disk quota exceeded", "ENOSPC")


def is_full(error: BaseException) -> bool:
    """Whether the disk takes no more: by the error's number, or by its words where a library gives no number."""
    return getattr(error, "errno", None) in _FULL or says_full(str(error))


def says_full(words: str) -> bool:
    """Whether these are the words of someone for whom the disk takes no more."""
    return any(said in words for said in _SAID)
