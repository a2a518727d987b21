from __future__ import annotations

from matinee.ingest.splicing.chapters import joined, written
from matinee.terms.encode import Chapter


def test_parts_without_chapters_are_chapters() -> None:
    assert joined([[], [], []], [0, 1000, 2500]) == [
        Chapter(0, "Part 1"), Chapter(1000, "Part 2"), Chapter(2500, "Part 3")
    ]  # fmt: skip


def test_chapters_of_their_own_are_moved_and_those_without_a_name_counted_on() -> None:
    first = [Chapter(0, "Opening"), Chapter(500, "Chapter 2")]
    assert joined([first, [Chapter(0, "Chapter 1"), Chapter(300, "End")], []], [0, 1000, 2000]) == [
        Chapter(0, "Opening"), Chapter(500, "Chapter 2"), Chapter(1000, "Chapter 3"), Chapter(1300, "End"),
        Chapter(2000, "Part 3"),
    ]  # fmt: skip


def test_names_are_written_so_that_they_are_read_back() -> None:
    text = written([Chapter(0, "a=b; #c\\d"), Chapter(700, "End")], 900)
    assert text == (
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=a\\=b\\; \\#c\\\\d\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=700\nEND=900\ntitle=End\n"
    )
