"""The films that a new house shows, in the order in which they are made: the quickest first."""

from __future__ import annotations

from matinee.demo import birch_fox, deep_water, last_train, lighthouse, long_way_up, perihelion, small_planets, umbrella
from matinee.demo.film import DemoFilm

FILMS: list[DemoFilm] = [
    lighthouse.FILM,
    small_planets.EPISODES[0],
    deep_water.FILM,
    long_way_up.FILM,
    last_train.FILM,
    perihelion.FILM,
    small_planets.EPISODES[1],
    umbrella.FILM,
    birch_fox.FILM,
    small_planets.EPISODES[2],
]
