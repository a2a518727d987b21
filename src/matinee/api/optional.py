"""The planned answer to a part that fails: the rest does without it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar

from matinee.api.problems import meant
from matinee.runtime.errors import MatineeError, NotFound

T = TypeVar("T")
log = logging.getLogger("matinee.api")


async def optional(what: str, asking: Awaitable[T]) -> T | None:
    """What is asked, or None where it is absent or its service fails. `what` names it in the log."""
    try:
        return await asking
    except NotFound:
        return None
    except (MatineeError, ExceptionGroup) as error:
        if meant(error) is None:
            raise
        log.warning("answered without %s: %r", what, error)
        return None
