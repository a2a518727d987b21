"""What accounts tells others, on topic `accounts`."""

from __future__ import annotations

from matinee.backends.sql.announcements import Announcements
from matinee.runtime.clock import Clock
from matinee.runtime.ids import Ids
from matinee.services.accounts.tables import outbox


def announcements(clock: Clock, ids: Ids) -> Announcements:
    """Their types begin with `matinee.account`."""
    return Announcements(outbox, "accounts", "account", clock, ids)
