"""The studio's artwork: what may stand for a title in each shape, which of it does, and pictures of one's own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Any

import obstore
from litestar import Request, delete, get, post, put
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from matinee.api.clients import Clients, Injected
from matinee.api.home_rows import picture
from matinee.api.viewer import Access
from matinee.backends.objects import stored
from matinee.backends.objects.errors import by_meaning
from matinee.ingest.pictures import formats, sending
from matinee.ingest.pictures.sending import Sent
from matinee.runtime.errors import Conflict, Invalid, NotFound, OutOfSpace, TooLarge, Unavailable
from matinee.runtime.ids import IMAGE, Ids
from matinee.services.catalog.contract import ByTitle, Candidates, ChooseArtwork, DropArtwork, NoSuchTitle
from matinee.services.jobs.contract import Job, JobState, Observe, Reason
from matinee.terms.artwork import Candidate, Shape

_WAIT_S = 20.0
_FORMATS = ("image/jpeg", "image/png", "image/webp")
ForShape = Annotated[Shape, QueryParameter(description="The shape that the picture is cut to.")]


class StudioPicture(Struct, frozen=True):
    """`chosen`: members see it; `picked`: since an editor wanted it. `supplied` by people, else a frame of the film."""

    id: str
    shape: Shape
    url: str
    width: int
    height: int
    score: float
    supplied: bool
    chosen: bool
    picked: bool


class StudioArtwork(Struct, frozen=True):
    """By shape, those supplied first, then the best."""

    pictures: list[StudioPicture]


class ArtworkChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """`image_id` null: leave it to the score again."""

    shape: Shape
    image_id: str | None


@dataclass
class TakesPicture(Operation):
    """An operation whose body is a picture."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            content={name: OpenAPIMediaType(schema=schema) for name in _FORMATS}, required=True
        )


@get("/api/studio/titles/{title_id:str}/artwork", access=Access.EDITOR, problems=[NoSuchTitle])
async def artwork(title_id: FromPath[str], clients: Injected[Clients]) -> StudioArtwork:
    """All artwork of a title."""
    return _shown(await clients.catalog.artwork(ByTitle(title_id)))


@put("/api/studio/titles/{title_id:str}/artwork/choice", access=Access.EDITOR, problems=[NoSuchTitle, NotFound])
async def choose_artwork(
    title_id: FromPath[str], data: JSONBody[ArtworkChoice], clients: Injected[Clients]
) -> StudioArtwork:
    """Choose what stands for a title in one shape."""
    return _shown(await clients.catalog.choose_artwork(ChooseArtwork(title_id, data.shape, data.image_id)))


@post(
    "/api/studio/titles/{title_id:str}/artwork",
    access=Access.EDITOR,
    operation_class=TakesPicture,
    request_max_body_size=formats.LARGEST,
    problems=[NoSuchTitle, TooLarge, OutOfSpace, Conflict, Unavailable],
)
async def upload_artwork(
    request: Request[Any, Any, Any], title_id: FromPath[str], clients: Injected[Clients], shape: ForShape
) -> StudioArtwork:
    """Send a picture of one's own, JPEG, PNG or WebP; cut to the shape and encoded anew, it then stands for the title."""
    await clients.catalog.title(ByTitle(title_id))
    data = await request.body()
    formats.checked(data[: formats.HEAD], len(data))
    sent = Sent(title_id, Ids(clients.clock).new(IMAGE), shape)
    with by_meaning():
        await obstore.put_async(clients.objects, sending.object_key(sent.image_id), data)
    await _made(clients, await clients.jobs.submit(sending.submission(sent)))
    return _shown(await clients.catalog.artwork(ByTitle(title_id)))


@delete(
    "/api/studio/titles/{title_id:str}/artwork/{image_id:str}",
    access=Access.EDITOR,
    status_code=200,
    problems=[NoSuchTitle, NotFound, Conflict],
)
async def drop_artwork(title_id: FromPath[str], image_id: FromPath[str], clients: Injected[Clients]) -> StudioArtwork:
    """Take away a picture that someone sent. A frame of the film stays."""
    left = await clients.catalog.drop_artwork(DropArtwork(title_id, image_id))
    await stored.delete_under(clients.objects, f"images/{image_id}/")
    return _shown(left)


async def _made(clients: Clients, job: Job) -> None:
    """Returns when the job has ended well. Raises Invalid where it is no picture, Unavailable where it is not made in time."""
    until = time.monotonic() + _WAIT_S
    cursor = job.version
    while job.state is not JobState.FINISHED and (left := until - time.monotonic()) > 0:
        observed = await clients.jobs.observe(Observe(cursor, left, name=sending.NAME))
        cursor = observed.cursor
        job = next((each for each in observed.jobs if each.id == job.id), job)
        await asyncio.sleep(0)
    match job.reason:
        case Reason.NORMAL:
            return
        case Reason.INVALID:
            raise Invalid(job.message)
        case None:
            raise Unavailable("The picture waits for a worker; it will be here when one is free.")
        case _:
            raise Unavailable(job.message)


def _shown(found: Candidates) -> StudioArtwork:
    return StudioArtwork([_picture(each) for each in found.candidates])


def _picture(of: Candidate) -> StudioPicture:
    artwork = of.artwork
    return StudioPicture(
        id=artwork.image.id,
        shape=artwork.shape,
        url=picture(artwork.image.id) or "",
        width=artwork.image.width,
        height=artwork.image.height,
        score=round(artwork.score, 2),
        supplied=artwork.supplied,
        chosen=of.chosen,
        picked=of.picked,
    )


ROUTES = [artwork, choose_artwork, upload_artwork, drop_artwork]
