"""Where a session's files are: the same folder on every appliance that may serve it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from matinee.terms.rendition import Rendition, Role, Track


class Location(Struct, frozen=True):
    """An appliance as both manifests name it. `url` is the encode's root there, its token in the path, with a slash at the end.
    `playlists` is where HLS finds the media playlists of encrypted tracks, `{}` in it the rendition; else they lie at `url`."""

    id: str
    url: str
    playlists: str = ""


def of(renditions: Iterable[Rendition], track: Track) -> list[Rendition]:
    """The renditions of one kind of track."""
    return [rendition for rendition in renditions if rendition.track is track]


def default(renditions: Iterable[Rendition]) -> Rendition | None:
    """The track that plays where nobody chose: the first that is the film's own sound, else the first."""
    known = list(renditions)
    return next((each for each in known if each.role is Role.MAIN), next(iter(known), None))


def family(rendition: Rendition) -> str:
    """The codec without its profile: avc1, av01, mp4a. Forms of one family may be switched between without a cut."""
    return rendition.codecs.partition(".")[0]


def families(renditions: Iterable[Rendition]) -> list[tuple[str, list[Rendition]]]:
    """Renditions by codec family; the families in the order in which they first come."""
    known = list(renditions)
    order = list(dict.fromkeys(map(family, known)))
    grouped = groupby(sorted(known, key=lambda each: order.index(family(each))), key=family)
    return [(name, list(group)) for name, group in grouped]
