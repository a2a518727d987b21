from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.gateway.wire.frames import CLOSE, PING, PONG, TEXT, BadFrame, Frame, Frames, farewell, frame

CONTROL = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125), st.binary(min_size=4, max_size=4))


def masked(opcode: int, payload: bytes, mask: bytes) -> bytes:
    plain = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + mask + plain


@given(st.lists(CONTROL, max_size=6), st.data())
def test_frames_are_read_however_they_are_cut(sent: list[tuple[int, bytes, bytes]], data: st.DataObject) -> None:
    raw = b"".join(masked(*each) for each in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    frames, found = Frames(), list[Frame]()
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        found += frames.take(raw[start:end])
    assert found == [(opcode, payload) for opcode, payload, _ in sent]


@given(st.binary(max_size=400))
def test_whatever_comes_is_a_frame_or_refused_and_never_kept(raw: bytes) -> None:
    frames, refused = Frames(), 0
    for at in range(len(raw)):
        try:
            list(frames.take(raw[at : at + 1]))
        except BadFrame as bad:
            refused = bad.code
            break
        assert len(frames._rest) <= 131
    assert refused in {0, 1002, 1003}


@pytest.mark.parametrize(("size", "head"), [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_a_servers_frame_tells_its_length_as_the_rfc_has_it(size: int, head: int) -> None:
    raw = frame(TEXT, b"x" * size)
    told = raw[1] if head == 2 else int.from_bytes(raw[2:head])
    assert (raw[0], told, len(raw)) == (0x81, size, head + size)


def test_a_farewell_fits_into_one_control_frame() -> None:
    raw = farewell(1008, "w" * 500)
    assert (raw[0], raw[1], struct.unpack("!H", raw[2:4])[0]) == (0x80 | CLOSE, 125, 1008)
