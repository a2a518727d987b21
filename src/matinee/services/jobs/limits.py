"""The settings of jobs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`at_once`: how many tasks of a capacity group may run at once on all machines together (`ingest = 8`); a group without
    an entry runs as many as it has workers."""

    at_once: dict[str, Annotated[int, Meta(ge=1)]] = {}
