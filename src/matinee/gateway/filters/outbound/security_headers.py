from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.request import Request
from matinee.gateway.security_policy import Policy


class SecurityHeaders:
    """An answer that comes with a Content-Security-Policy of its own keeps it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __call__(self, request: Request, response: Response) -> None:
        if response.has(b"content-security-policy:"):
            response.head += self._policy.plain
        elif response.has(b"content-type: text/html"):
            response.head += self._policy.of_page(request.site)
        else:
            response.head += self._policy.of_data
