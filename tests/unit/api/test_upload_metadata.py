from __future__ import annotations

from base64 import b64encode

import pytest

from matinee.api.upload_metadata import described


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("../../a\nb\x1b[2J\x9b.mkv", "a b [2J"),
        ("x" * 250 + ".mkv", "x" * 200),
        ("\x00", "Film"),
        ("/", "Film"),
        ("電影 🎬.mp4", "電影 🎬"),
    ],
)
def test_a_film_that_nobody_named_is_called_like_its_file(filename: str, title: str) -> None:
    header = f"filename {b64encode(filename.encode()).decode()}"
    assert described("acc_1", 10, header).metadata.title == title
