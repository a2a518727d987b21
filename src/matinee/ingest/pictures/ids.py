"""The ids of the artwork that one preparation makes, derived from its one image id: so whoever clears up knows all."""

from __future__ import annotations

from matinee.terms.artwork import Shape

FRAMES = 5
"""So many different frames of a film are offered."""


def of_frames(image_id: str) -> list[str]:
    """Ids for each frame in each shape."""
    return _derived(image_id, 0, FRAMES * len(Shape))


def of_supplied(image_id: str) -> list[str]:
    """Ids for the picture that came with the film, in each shape."""
    return _derived(image_id, FRAMES * len(Shape), len(Shape))


def every(image_id: str) -> list[str]:
    """All ids under which a preparation can leave pictures."""
    return [image_id, *of_frames(image_id), *of_supplied(image_id)]


def _derived(image_id: str, first: int, count: int) -> list[str]:
    return [f"{image_id[:-4]}{place:04x}" for place in range(first, first + count)]
