from __future__ import annotations

import re

from matinee.runtime.errors import Invalid

_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_LONGEST = 200


def require_name(name: str) -> None:
    """Raises Invalid for what no property can be called."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise Invalid(
            f"A property is called like gateway.limits: words with dots between them, not {name[:_LONGEST]!r}",
            field="name",
        )
