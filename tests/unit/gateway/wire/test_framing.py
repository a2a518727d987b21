from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.gateway.errors import BadRequest
from matinee.gateway.wire.framing import LAST_CHUNK, Body, Chunked, Sized, UntilClosed, body, chunk


def fed(cutter: Body, pieces: list[bytes]) -> tuple[bytes, bytes]:
    content = rest = b""
    for piece in pieces:
        if cutter.done:
            rest += piece
            continue
        taken, left = cutter.take(piece)
        content += taken
        rest += left
    return content, rest


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.data())
def test_chunks_in_any_pieces(contents: list[bytes], data: st.DataObject) -> None:
    raw = b"".join(chunk(content) for content in contents) + b"0;x=y\r\nTrailer: 1\r\n\r\n" + b"next"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    cutter = Chunked()
    assert fed(cutter, pieces) == (b"".join(contents), b"next")
    assert cutter.done


@given(st.binary(max_size=60), st.integers(0, 60), st.data())
def test_a_sized_body_in_any_pieces(raw: bytes, length: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(raw)))
    cutter = Sized(length)
    assert fed(cutter, [raw[:cut], raw[cut:]]) == (raw[:length], raw[length:])
    assert cutter.done is (len(raw) >= length)


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"g\r\n",
        b" 5\r\n",
        b"5 x\r\n",
        b"0x5\r\n",
        b"+5\r\n",
        b"5\n",
        b"1\r\nab\r\n",
        b"1\r\na\n",
        b"0\r\nno colon\r\n",
        b"1" * 16 + b"\r\n",
    ],
)
def test_broken_chunks(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        Chunked().take(raw)


def test_lines_and_trailers_have_an_end() -> None:
    with pytest.raises(BadRequest):
        Chunked().take(b"5;" + b"x" * 5000)
    endless = Chunked()
    endless.take(b"0\r\n")
    with pytest.raises(BadRequest):
        endless.take(b"A: " + b"x" * 1000 + b"\r\n" + (b"A: " + b"x" * 1000 + b"\r\n") * 20)


def test_which_cutter() -> None:
    assert isinstance(body(0), Sized)
    assert body(0).done
    assert isinstance(body(-1), Chunked)
    assert isinstance(body(-2), UntilClosed)
    assert (chunk(b"ab"), chunk(b""), LAST_CHUNK) == (b"2\r\nab\r\n", b"", b"0\r\n\r\n")
