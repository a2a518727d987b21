from __future__ import annotations

from matinee.gateway.request import Request
from matinee.runtime.errors import TooLarge


def body_limit(request: Request) -> None:
    """A body that is too large for its route is refused before it is read; one in chunks, as soon as it is (`Exchange.body`)."""
    if request.length == 0 or request.route is None:
        return
    most = request.route.rule.most_bytes
    if most is not None and request.length > most:
        raise TooLarge(f"The body may have at most {most} bytes here", most_bytes=most)
