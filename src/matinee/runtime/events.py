"""The envelope of every event: CloudEvents 1.0 attributes. A topic per family of types; the key is the account or the subject."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True):
    """`type` as `matinee.title.published`; `source` the service; `subject` what it is about; `data` plain JSON values."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
    specversion: str = "1.0"
