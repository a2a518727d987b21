from __future__ import annotations

import stat
from pathlib import Path

import pytest

from matinee.ingest.packaging.protection import hidden, packager_arguments
from matinee.services.playback.contract import ContentKey

KEY = ContentKey("00112233445566778899aabbccddeeff", bytes(range(16)))


def test_one_key_encrypts_every_stream_from_the_first_segment_on() -> None:
    arguments = packager_arguments(KEY)
    assert f"--keys=label=:key_id={KEY.key_id}:key={KEY.key.hex()}" in arguments
    assert {"--enable_raw_key_encryption", "--protection_scheme=cbcs", "--clear_lead=0"} < set(arguments)


def test_the_command_line_shows_no_key_and_its_file_is_ours_alone_and_gone(tmp_path: Path) -> None:
    with hidden(KEY, tmp_path) as arguments:
        assert KEY.key.hex() not in " ".join(arguments)
        path = Path(arguments[0].partition("=")[2])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().split() == packager_arguments(KEY)
    assert list(tmp_path.iterdir()) == []


def test_the_file_goes_when_the_work_fails_and_what_a_crash_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".packager-flags").write_text("left")
    with pytest.raises(RuntimeError), hidden(KEY, tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
