from __future__ import annotations

import os
from pathlib import Path

import pytest

from matinee.app.home import Home
from matinee.app.lock import SUPERVISOR, AlreadyRunning, hold, wait_until_free


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (["core"], "core already runs on {}; stop it first"),
        (["core", "cdn-a"], "cdn-a and core already run on {}; stop them first"),
        (["worker", "core", "cdn-a"], "cdn-a, core and worker already run on {}; stop them first"),
    ],
)
def test_what_still_runs_is_named(tmp_path: Path, parts: list[str], sentence: str) -> None:
    home = Home(tmp_path)
    home.make()
    held = [hold(home, part) for part in (SUPERVISOR, *parts)]
    with pytest.raises(AlreadyRunning) as refused:
        wait_until_free(home, most_s=0)
    assert refused.value.detail == sentence.format(home.path)
    for each in held:
        os.close(each)
    wait_until_free(home, most_s=0)
