from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matinee.ingest.subtitles import Cue, checked

HOUR = 3_600_000
FILM = 90 * 60_000


def test_what_fits_stays_as_it_is_and_nothing_is_said() -> None:
    cues = [Cue(0, 2000, "a"), Cue(1000, 3000, "over it", "line:0"), Cue(FILM - 1000, FILM, "z")]
    assert checked(cues, FILM) == (cues, [])


def test_nonsense_is_left_out_or_cut_and_said() -> None:
    cues = [
        Cue(-5000, -1000, "before"),
        Cue(-1000, 1000, "at the start"),
        Cue(3000, 2000, "backwards"),
        Cue(4000, 4000, "no time"),
        Cue(5000, 15_000, "beyond"),
        Cue(10_500, 12_000, "after"),
        Cue(20_000, 21_000, "after"),
    ]
    assert checked(cues, 10_000) == (
        [Cue(0, 1000, "at the start"), Cue(5000, 10_000, "beyond")],
        [
            "2 cues end before they start and were left out.",
            "3 cues lie outside the film and were left out.",
            "One cue reaches beyond the film's end and was cut there.",
        ],
    )


def test_a_moment_beyond_the_end_is_not_worth_a_word() -> None:
    assert checked([Cue(9000, 10_900, "x")], 10_000) == ([Cue(9000, 10_000, "x")], [])


def test_a_tape_that_begins_at_a_whole_hour_is_moved_to_zero() -> None:
    cues = [Cue(10 * HOUR + start, 10 * HOUR + start + 900, str(start)) for start in range(2000, FILM - 1000, 60_000)]
    moved, said = checked(cues, FILM)
    assert [(cue.start_ms, cue.text) for cue in moved] == [(int(cue.text), cue.text) for cue in moved]
    assert len(moved) == len(cues)
    assert said == ["The cues begin at 10:00:02, as on a tape for broadcast; all were moved to begin at 0:02."]


def test_a_tape_that_begins_a_moment_before_the_hour_is_moved_too() -> None:
    moved, said = checked([Cue(HOUR - 500, HOUR + 500, "a"), Cue(HOUR + 60_000, HOUR + 61_000, "b")], 30 * 60_000)
    assert [(cue.start_ms, cue.end_ms) for cue in moved] == [(0, 500), (60_000, 61_000)]
    assert len(said) == 1


def test_cues_that_the_film_has_room_for_are_not_moved() -> None:
    late = [Cue(HOUR + 60_000, HOUR + 62_000, "the only foreign words come late")]
    assert checked(late, FILM) == (late, [])


def test_another_offset_is_said_not_guessed() -> None:
    film = 20 * 60_000
    cues = [Cue(start, start + 1000, str(start)) for start in range(12 * 60_000, 30 * 60_000, 60_000)]
    kept, said = checked(cues, film)
    assert all(cue.end_ms <= film for cue in kept)
    assert said[0] == "All cues come late, by 9:01 or more: they would fit the film if they began earlier."
    assert said[1] == "10 cues lie outside the film and were left out."


def test_the_same_words_in_layers_and_in_pieces_are_one_cue() -> None:
    cues = [
        Cue(0, 40, "SIGN"),
        Cue(0, 40, "SIGN"),
        Cue(40, 80, "SIGN"),
        Cue(60, 120, "SIGN"),
        Cue(500, 600, "SIGN"),
        Cue(0, 40, "SIGN", "line:0"),
    ]
    assert checked(cues, 1000)[0] == [Cue(0, 40, "SIGN", "line:0"), Cue(0, 120, "SIGN"), Cue(500, 600, "SIGN")]


def test_what_stands_too_long_is_shortened() -> None:
    kept, said = checked([Cue(0, FILM, "© the studio")], FILM)
    assert kept == [Cue(0, 300_000, "© the studio")]
    assert said == ["One cue stands longer than five minutes and was shortened."]


def test_no_more_than_a_dozen_at_once() -> None:
    cues = [Cue(0, 1000, str(number)) for number in range(5000)] + [Cue(1000, 2000, "next")]
    kept, said = checked(cues, 10_000)
    assert [len([cue for cue in kept if cue.start_ms == at]) for at in (0, 1000)] == [12, 1]
    assert said == ["4,988 cues would be too many at one moment and were left out."]


@given(
    st.lists(st.builds(Cue, st.integers(-(10**7), 10**8), st.integers(-(10**7), 10**8), st.sampled_from("abc"))),
    st.integers(200, 4 * HOUR),
)
def test_what_comes_out_can_always_be_shown(cues: list[Cue], duration_ms: int) -> None:
    kept, said = checked(cues, duration_ms)
    assert all(0 <= cue.start_ms < cue.end_ms <= duration_ms for cue in kept)
    assert kept == sorted(kept, key=lambda cue: (cue.start_ms, cue.end_ms))
    assert checked(kept, duration_ms)[0] == kept
    assert all(sentence.endswith(".") for sentence in said)
