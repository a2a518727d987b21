"""The peer of the play call: a bare Litestar handler that takes the same body and answers the same number of bytes."""

from __future__ import annotations

import os

from litestar import Litestar, Response, post
from litestar.params import FromPath, JSONBody

from matinee.api.play import Wish

ANSWER = b'{"filler":"' + b"x" * (int(os.environ.get("BARE_BYTES", "2000")) - 13) + b'"}'


@post("/api/play/{title_id:str}")
async def play(title_id: FromPath[str], data: JSONBody[Wish]) -> Response[bytes]:
    del title_id, data
    return Response(ANSWER, media_type="application/json")


app = Litestar([play], openapi_config=None)
