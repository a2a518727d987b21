from __future__ import annotations

from matinee.gateway.answer import Answer
from matinee.gateway.request import Request
from matinee.gateway.static import Static


class StaticClient:
    """The client's pages and assets."""

    def __init__(self, static: Static) -> None:
        self._static = static

    def __call__(self, request: Request) -> Answer:
        return self._static.answer(request)
