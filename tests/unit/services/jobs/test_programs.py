from __future__ import annotations

import pytest

from matinee.services.jobs.programs import Ended


@pytest.mark.parametrize(
    ("errors", "last_words"),
    [
        ("", "it gave no reason"),
        (" \n", "it gave no reason"),
        ("warming up\nno such codec\n\n", "no such codec"),
        ("x" * 301, "x" * 300),
    ],
)
def test_the_last_words_of_a_program_are_its_last_line(errors: str, last_words: str) -> None:
    assert Ended(1, b"", errors).last_words == last_words


@pytest.mark.parametrize(
    ("code", "says"), [(-9, "killed"), (-11, "crashed"), (-25, "larger file"), (-15, "warming up")]
)
def test_a_program_that_a_signal_ended_says_so(code: int, says: str) -> None:
    assert says in Ended(code, b"", "warming up").last_words
