from __future__ import annotations

from pathlib import Path

import pytest

from matinee.app.home import Home
from matinee.app.keys import ROTATED, rotate
from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import BadToken, Keyring, Verifier

NOW = SystemClock().now()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def test_a_running_process_signs_with_the_new_key_and_what_the_old_signed_counts_once_more(home: Home) -> None:
    running = Keyring.load(home.secrets / "media.json")
    old = running.sign({"exp": NOW.timestamp() + 60})
    made = rotate(home)
    assert set(made) == {*ROTATED, "masters"}
    assert running.reload()
    assert running.kids[0] == made["media"]
    Verifier(running.jwks()).verify(old, NOW)
    rotate(home)
    assert running.reload()
    assert len(running.kids) == 2
    with pytest.raises(BadToken):
        Verifier(running.jwks()).verify(old, NOW)
