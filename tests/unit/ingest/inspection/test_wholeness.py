from __future__ import annotations

import struct
from pathlib import Path

import pytest

from matinee.ingest.inspection.wholeness import is_cut


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


MP4 = box(b"ftyp", b"isom") + box(b"moov", b"x" * 90) + box(b"mdat", b"y" * 900)
LARGE = box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 916) + b"y" * 900
MKV = b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67" + (1 << 56 | 900).to_bytes(8) + b"z" * 900
AVI = b"RIFF" + struct.pack("<I", 904) + b"AVI " + b"w" * 900 + b"RIFF" + struct.pack("<I", 104) + b"AVIX" + b"v" * 100


@pytest.mark.parametrize("film", [MP4, LARGE, MKV, AVI], ids=["mp4", "large mp4", "mkv", "avi"])
def test_a_whole_file_ends_where_it_says(tmp_path: Path, film: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(film)
    assert is_cut(path) is False
    for length in (len(film) - 1, len(film) * 6 // 10):
        path.write_bytes(film[:length])
        assert is_cut(path) is True


@pytest.mark.parametrize(
    ("film", "known"),
    [
        (b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"z" * 99, None),
        (b"\x1a\x45\xdf\xa3\x84abcdother" + b"z" * 99, None),
        (b"\x1a\x45\xdf\xa3", None),
        (b"G" + b"\0" * 187, None),
        (b"", None),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat") + b"y" * 50, False),
        (box(b"ftyp", b"isom") + b"\0\0\0\3junk" + b"y" * 50, False),
        (b"RIFF\0\0\0\0AVI " + b"w" * 90, False),
    ],
    ids=["live", "no segment", "a head alone", "a stream", "empty", "to the end", "junk behind", "never closed"],
)
def test_what_does_not_say_is_not_judged(tmp_path: Path, film: bytes, known: bool | None) -> None:
    (tmp_path / "f").write_bytes(film)
    assert is_cut(tmp_path / "f") is known
