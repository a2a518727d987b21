from __future__ import annotations

import hashlib

from matinee.runtime.clock import milliseconds
from matinee.runtime.errors import Invalid
from matinee.services.history.contract import Bookmark

BEGUN_MS = 5_000  # left sooner, a title was only tried


def order(bookmark: Bookmark) -> tuple[int, int, int]:
    """The greater wins: by event time; at the same millisecond the farther, so that the order of arrival never matters."""
    return milliseconds(bookmark.at), bookmark.position_ms, bookmark.duration_ms


def event_id(bookmark: Bookmark) -> str:
    """The same for each repeat of one write, so that readers of the log count it once."""
    write = f"{bookmark.profile_id}\0{bookmark.title_id}\0{milliseconds(bookmark.at)}"
    return f"evt_{hashlib.sha256(write.encode()).hexdigest()[:32]}"


def check(bookmark: Bookmark) -> None:
    """Raises Invalid where the bookmark makes no sense."""
    if bookmark.at.tzinfo is None:
        raise Invalid("at needs a time zone")
    if bookmark.position_ms < 0 or bookmark.duration_ms < 0:
        raise Invalid("position_ms and duration_ms are not negative")
