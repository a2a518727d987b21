"""Where a session's files are: the same folder on every appliance that may serve it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from matinee.terms.rendition import Rendition, Track


class Location(Struct, frozen=True):
    """An appliance as both manifests name it. `url` is the encode's root there, its token in the path, with a slash at the end."""

    id: str
    url: str


def of(renditions: Iterable[Rendition], track: Track) -> list[Rendition]:
    """The renditions of one kind of track."""
    return [rendition for rendition in renditions if rendition.track is track]


def family(rendition: Rendition) -> str:
    """The codec without its profile: avc1, av01, mp4a. Forms of one family may be switched between without a cut."""
    return rendition.codecs.partition(".")[0]


def families(renditions: Iterable[Rendition]) -> list[tuple[str, list[Rendition]]]:
    """Renditions by codec family; the families in the order in which they first come."""
    known = list(renditions)
    order = list(dict.fromkeys(map(family, known)))
    grouped = groupby(sorted(known, key=lambda each: order.index(family(each))), key=family)
    return [(name, list(group)) for name, group in grouped]
