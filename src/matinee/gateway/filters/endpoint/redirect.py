from __future__ import annotations

from matinee.gateway.answer import Answer
from matinee.gateway.request import Request
from matinee.gateway.routing.rest import below
from matinee.terms.routing import PATH


def redirect(request: Request) -> Answer | None:
    """To another place, where the route says so; the query goes along."""
    route = request.route
    if route is None or route.rule.redirect is None:
        return None
    to = route.rule.redirect.to
    if PATH in to:
        to = to.replace(PATH, below(request.path, route.prefix).lstrip("/"))
    _, question, query = request.target.partition(b"?")
    if question and "?" in to:
        question = b"&"
    location = to.encode() + question + query
    return Answer(route.rule.redirect.status, ((b"location", location),))
