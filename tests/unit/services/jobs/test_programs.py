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
