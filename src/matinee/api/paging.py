"""How lists are asked for in pages, and changes with patience: the same words in every route of staff."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

After = Annotated[int, QueryParameter(ge=0, le=2**53, description="The cursor of the answer before.")]
Wait = Annotated[float, QueryParameter(ge=0, le=30, description="Seconds to wait for a change.")]
Before = Annotated[str | None, QueryParameter(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
