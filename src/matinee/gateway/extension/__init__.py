"""What an operator's own filter is written with; docs/how-to/write-a-filter.md shows it.

from matinee.gateway.extension import Request, inbound
from matinee.runtime.errors import Forbidden

@inbound
def no_robots(request: Request) -> None:
    if b"bot" in request.fields.get(b"user-agent", b"").lower():
        raise Forbidden("Robots are not let in here")
"""

from matinee.gateway.answer import Answer, Response
from matinee.gateway.extension.place import endpoint, finished, inbound, outbound
from matinee.gateway.request import Request

__all__ = ["Answer", "Request", "Response", "endpoint", "finished", "inbound", "outbound"]
