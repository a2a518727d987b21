from __future__ import annotations

from matinee.gateway.answer import Answer
from matinee.gateway.request import Request


def route_answer(request: Request) -> Answer | None:
    """What the table itself says: a fixed answer, or that something is being worked on."""
    return request.route.answer if request.route is not None else None
