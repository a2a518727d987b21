from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.policy import Policy
from matinee.gateway.request import Request


class SecurityHeaders:
    """An answer that comes with a Content-Security-Policy of its own keeps it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __call__(self, _: Request, response: Response) -> None:
        own = response.has(b"content-security-policy")
        is_page = not own and response.value(b"content-type").startswith((b"text/html", b"application/xhtml"))
        response.head += self._policy.plain
        if not own:
            response.head += self._policy.of_page() if is_page else self._policy.of_data
