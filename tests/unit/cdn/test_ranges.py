from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.cdn.ranges import Span, Unsatisfiable, span
from matinee.cdn.ranges import part as part_of

BEYOND = 10**18


def part(value: bytes, size: int) -> Span | None:
    asked = span(value)
    return None if asked is None else part_of(asked, size)


@given(st.integers(0, 10**20), st.integers(0, 10**20), st.integers(0, 1000))
@example(0, 10**19, 5)
@example(10**19, 10**20, 5)
def test_a_range_is_the_slice_it_names(first: int, last: int, size: int) -> None:
    data = bytes(size)
    value = b"bytes=%d-%d" % (first, last)
    if first > last and first < BEYOND:
        assert part(value, size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            part(value, size)
    else:
        start, end = part(value, size) or (-1, -1)
        assert data[start:end] == data[first : last + 1]
        assert 0 <= start < end <= size


@given(st.integers(0, 10**20), st.integers(0, 1000))
def test_a_suffix_is_the_last_bytes(count: int, size: int) -> None:
    if min(count, size) == 0:
        with pytest.raises(Unsatisfiable):
            part(b"bytes=-%d" % count, size)
    else:
        assert part(b"bytes=-%d" % count, size) == (max(0, size - count), size)


@given(st.binary(max_size=60) | st.text("0123456789-=, bytes", max_size=30).map(str.encode), st.integers(0, 1000))
def test_whatever_is_sent_the_answer_is_a_part_of_the_file_all_of_it_or_none(value: bytes, size: int) -> None:
    try:
        found = part(value, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize("value", [b"bytes=" + b"9" * 16_000 + b"-", b"bytes=-" + b"0" * 16_000])
def test_absurd_numbers_are_not_counted(value: bytes) -> None:
    with pytest.raises(Unsatisfiable):
        part(value, 10)
