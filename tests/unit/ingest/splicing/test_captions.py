from __future__ import annotations

from matinee.ingest.splicing.captions import joined
from matinee.ingest.subtitles import Captions, Cue
from matinee.terms.rendition import Role

STARTS = [0, 60_000, 100_000]


def track(*cues: tuple[int, int, str], language: str = "en", role: Role = Role.MAIN) -> Captions:
    return Captions(language, "", [Cue(*cue) for cue in cues], role)


def times(captions: Captions) -> list[tuple[int, int]]:
    return [(cue.start_ms, cue.end_ms) for cue in captions.cues]


def test_tracks_of_one_language_and_role_become_one() -> None:
    told: list[tuple[int | None, Captions]] = [
        (0, track((1000, 2000, "a"), (59_000, 61_000, "b"), (70_000, 71_000, "an address"))),
        (1, track((500, 1500, "c"), (39_000, 45_000, "d"))),
        (1, track((0, 900, "e"), role=Role.FORCED)),
        (None, track((99_000, 99_500, "f"))),
    ]
    whole, main, forced = joined(told, STARTS)
    assert times(whole) == [(99_000, 99_500)]
    assert times(main) == [(1000, 2000), (59_000, 60_000), (60_500, 61_500), (99_000, 105_000)]
    assert times(forced) == [(60_000, 60_900)]


def test_times_that_go_on_from_the_part_before_stay() -> None:
    assert times(joined([(1, track((60_500, 61_000, "a"), (99_000, 99_900, "b")))], STARTS)[0]) == [
        (60_500, 61_000), (99_000, 99_900)
    ]  # fmt: skip


def test_one_file_for_the_first_part_may_be_of_the_whole() -> None:
    assert times(joined([(0, track((1000, 2000, "a"), (80_000, 81_000, "b")))], STARTS)[0])[-1] == (80_000, 81_000)


def test_two_tracks_of_one_kind_stay_two() -> None:
    told: list[tuple[int | None, Captions]] = [
        (part, track((0, 100, f"{place} of {part}"))) for part in (0, 1) for place in ("first", "second")
    ]
    assert [[cue.text for cue in one.cues] for one in joined(told, STARTS)] == [
        ["first of 0", "first of 1"], ["second of 0", "second of 1"]
    ]  # fmt: skip
