"""The preparations that people watch, each with the version of its last change."""

from __future__ import annotations

from msgspec.structs import replace

from matinee.ingest.contract import Phase, Preparation, Preparations

_AT_ONCE = {Phase.UPLOADING, Phase.PREPARING, Phase.IMPROVING, Phase.FAILED, Phase.KNOWN}
"""What who begins to watch is shown: what goes on, and what ended without a film and waits for someone to see it."""

_KEPT = 500


class Board:
    """`first_version` is later than any version that an earlier process gave: real milliseconds are."""

    def __init__(self, first_version: int) -> None:
        self._version = first_version
        self._shown: dict[str, Preparation] = {}

    def put(self, preparation: Preparation) -> Preparation:
        """Shows it; only what differs from before is a change. Answers it with its version."""
        known = self._shown.get(preparation.id)
        if known is not None and replace(preparation, version=known.version) == known:
            return known
        self._version += 1
        shown = replace(preparation, version=self._version)
        self._shown[preparation.id] = shown
        self._trim()
        return shown

    def shows(self, preparation_id: str) -> bool:
        """Whether someone may have seen it."""
        return preparation_id in self._shown

    def since(self, after: int) -> Preparations:
        """What changed after the cursor, oldest change first; for zero what goes on, has failed or was known."""
        found = [
            shown for shown in self._shown.values() if shown.version > after and (after > 0 or shown.phase in _AT_ONCE)
        ]
        return Preparations(self._version, sorted(found, key=lambda shown: shown.version))

    def _trim(self) -> None:
        finished = [shown for shown in self._shown.values() if shown.phase not in _AT_ONCE]
        if len(finished) > _KEPT:
            del self._shown[min(finished, key=lambda shown: shown.version).id]
