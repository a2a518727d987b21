from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Poster(Struct, frozen=True):
    """A picture of a title; its objects are `images/{id}/{width}.jpg` for each of `widths`."""

    id: str
    width: int
    height: int
    widths: list[int]


class Shape(StrEnum):
    """The shapes in which the client shows pictures of titles: 2:3, 16:9, 1:1."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"
    SQUARE = "square"


class Artwork(Struct, frozen=True):
    """A picture that may stand for its title in one shape. `score` compares those of one shape, higher is better. `supplied`
    by people, else a frame of the film."""

    image: Poster
    shape: Shape
    score: float
    supplied: bool = False


class Candidate(Struct, frozen=True):
    """A piece of artwork; `chosen` is the one that members see, `picked` when an editor wanted it so."""

    artwork: Artwork
    chosen: bool
    picked: bool
