"""What staff do to the house is written to its log, with who did it."""

from __future__ import annotations

import logging
from typing import Any

from matinee.terms.viewer import Viewer

log = logging.getLogger("matinee.staff")


def note(viewer: Viewer, action: str, on: str, **more: Any) -> None:
    """`action` as a person would say it: "drained"."""
    log.info("%s %s %s", viewer.account_id, action, on, extra=more)
