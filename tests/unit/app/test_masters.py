from __future__ import annotations

import stat
from pathlib import Path

import pytest

from matinee.app.home import Home
from matinee.app.keys import rotate
from matinee.app.masters import MasterFile
from matinee.runtime.errors import Invalid
from matinee.services.playback.masters import Masters


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.secrets.mkdir(mode=0o700)
    return made


def test_the_first_who_asks_makes_the_one_that_all_get(home: Home) -> None:
    keys = MasterFile(home).keys()
    assert [len(key) for key in keys] == [32]
    assert MasterFile(home).keys() == keys
    (path,) = home.secrets.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rotation_puts_a_new_one_first_and_takes_none_away(home: Home) -> None:
    before = MasterFile(home).keys()
    wrapped = Masters(before).wrap(b"k" * 16)
    for count in (2, 3, 4):
        named = rotate(home)["masters"]
        keys = MasterFile(home).keys()
        assert (len(keys), keys[-1]) == (count, before[0])
        assert Masters(keys).newest == named
        assert Masters(keys).wrap(b"k" * 16).master == named
        assert Masters(keys).unwrap(wrapped) == b"k" * 16


@pytest.mark.parametrize("text", ["", "00", "not hex", "zz" * 32])
def test_a_file_that_holds_no_keys_is_said_and_not_replaced(home: Home, text: str) -> None:
    path = home.secrets / "masters.keys"
    path.write_text(text)
    with pytest.raises(Invalid, match="masters"):
        MasterFile(home).keys()
    assert path.read_text() == text
