from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.backends.log.frame import HEAD_BYTES, framed, size, unframed
from matinee.backends.log.port import Record
from matinee.runtime.errors import TooLarge

some = st.builds(Record, st.binary(max_size=40), st.binary(max_size=200))


@given(st.lists(some), st.binary(max_size=20))
def test_records_are_found_one_behind_the_other(records: list[Record], before: bytes) -> None:
    data = before + b"".join(map(framed, records))
    at, found = len(before), []
    while (one := unframed(data, at)) is not None:
        found.append(one[0])
        assert one[1] == at + size(data, at)
        at = one[1]
    assert found == records
    assert at == len(data)


@given(some, st.data())
def test_no_cut_record_counts(record: Record, data: st.DataObject) -> None:
    whole = framed(record)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert unframed(whole[:cut], 0) is None


@given(some, st.data())
def test_no_flipped_bit_counts(record: Record, data: st.DataObject) -> None:
    whole = bytearray(framed(record))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << (bit % 8)
    assert unframed(bytes(whole), 0) is None


def test_zeros_are_no_record() -> None:
    assert unframed(bytes(1000), 0) is None
    assert unframed(framed(Record(b"", b"")), 0) == (Record(b"", b""), HEAD_BYTES)


@pytest.mark.parametrize("record", [Record(b"k" * 65_536, b""), Record(b"", bytes((16 << 20) + 1))])
def test_a_record_has_a_bound(record: Record) -> None:
    with pytest.raises(TooLarge):
        framed(record)
