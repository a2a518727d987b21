from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.request import Request


def request_id(request: Request, response: Response) -> None:
    """So that a member can name the request that failed."""
    if request.id:
        response.add(b"x-request-id", request.id)
