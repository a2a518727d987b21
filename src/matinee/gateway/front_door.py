from __future__ import annotations

from matinee.gateway.chain import Chain
from matinee.gateway.contract import Filters, FiltersQuery


class Service:
    """`contract.FrontDoor`: what the chain of this process has done."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    async def filters(self, message: FiltersQuery) -> Filters:  # noqa: ARG002 - it asks for all
        return Filters([stage.figures(kind) for kind, stages in self._chain.lists.items() for stage in stages])
