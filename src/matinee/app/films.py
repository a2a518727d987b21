"""What becomes of the films in preparation, told as it happens: what is done, and when a film plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from matinee.app.process import Process
from matinee.ingest.contract import Ingest, ObservePreparations, Phase, Preparation
from matinee.runtime.errors import MatineeError

_PAUSE_S, _WAIT_S = 1.0, 20.0


async def tell(process: Process, say: Callable[[str, str], None]) -> None:
    """Until cancelled: `say(title, sentence)` for each film that is prepared from now on, once a step."""
    ingest, films = process.client(Ingest), Films(process.clock.now())
    cursor = 0
    while True:
        try:
            seen = await ingest.observe(ObservePreparations(cursor, _WAIT_S))
        except MatineeError:
            await asyncio.sleep(_PAUSE_S)
            continue
        for preparation in seen.preparations:
            if (sentence := films.news(preparation)) is not None:
                say(preparation.title, sentence)
        cursor = seen.cursor


class Films:
    """Remembers what was said. Of films that ended before `since` nothing is said."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._said: dict[str, str] = {}

    def news(self, preparation: Preparation) -> str | None:
        """The sentence to say now; None where it was said already or is old."""
        known = preparation.id in self._said or preparation.created_at >= self._since
        sentence = _sentence(preparation)
        if sentence == self._said.get(preparation.id) or not (known or preparation.phase is Phase.PREPARING):
            return None
        self._said[preparation.id] = sentence
        return sentence


def _sentence(preparation: Preparation) -> str:
    match preparation.phase:
        case Phase.IMPROVING:
            return "plays; better pictures follow"
        case Phase.PLAYABLE:
            return "plays"
        case Phase.FAILED:
            return f"could not be prepared: {preparation.message}"
        case Phase.CANCELED:
            return "was canceled"
        case Phase.KNOWN:
            return "is here already; nothing was added"
        case Phase.UPLOADING | Phase.PREPARING:
            return preparation.doing
