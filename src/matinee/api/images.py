from __future__ import annotations

from typing import Annotated

import obstore
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.runtime.errors import NotFound
from matinee.services.catalog.contract import ImageQuery
from matinee.terms.viewer import Viewer

_KEPT = {"Cache-Control": "private, max-age=3600", "Vary": "Cookie, Authorization"}


@get("/api/images/{image_id:str}", access=Access.MEMBER, media_type="image/jpeg")
async def image(
    image_id: FromPath[str],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    w: Annotated[int, QueryParameter(ge=1, le=10_000, description="The width it is shown at, in pixels.")] = 640,
) -> Response[bytes]:
    """A picture of a title that this viewer may see, in the stored width next above `w`."""
    poster = await clients.catalog.image(ImageQuery(image_id, viewer))
    width = nearest(poster.widths, w)
    try:
        found = await obstore.get_async(clients.objects, f"images/{poster.id}/{width}.jpg")
    except FileNotFoundError as gone:
        raise NotFound("There is no such picture") from gone
    return Response(bytes(await found.bytes_async()), media_type="image/jpeg", headers=_KEPT)


def nearest(widths: list[int], wanted: int) -> int:
    """The least stored width that is not below the wanted one, or the greatest. Raises NotFound when none is stored."""
    if not widths:
        raise NotFound("There is no such picture")
    return min((width for width in widths if width >= wanted), default=max(widths))


ROUTES = [image]
