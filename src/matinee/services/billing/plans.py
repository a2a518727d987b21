"""The plans on offer."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.services.billing.contract import NoSuchPlan, Plan
from matinee.terms.money import Money

DEFAULT = (
    Plan("basic", "Basic", Money(599, "EUR"), 1, 720),
    Plan("standard", "Standard", Money(999, "EUR"), 2, 1080),
    Plan("premium", "Premium", Money(1399, "EUR"), 4, 2160),
)


def named(plans: Sequence[Plan], plan: str) -> Plan:
    """Raises NoSuchPlan."""
    for offered in plans:
        if offered.id == plan:
            return offered
    raise NoSuchPlan
