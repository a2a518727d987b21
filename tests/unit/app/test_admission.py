from __future__ import annotations

import json
from pathlib import Path

import pytest

from matinee.app.admission import carried
from matinee.app.home import Home
from matinee.runtime.errors import Invalid


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def write(home: Home, url: str) -> None:
    (home.secrets / "admission.json").write_text(json.dumps({"url": url, "token": "t"}))


@pytest.mark.parametrize("url", ["https://house.example:7443", "http://localhost:7443", "http://[::1]:7443"])
def test_a_worker_goes_where_nobody_listens_in(home: Home, url: str) -> None:
    write(home, url)
    found = carried(home)
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize(
    "url", ["http://house.example:7443", "http://10.0.0.1", "ftp://house", "house:7443", "http://[x", ""]
)
def test_a_worker_sends_its_token_to_nobody_in_the_clear(home: Home, url: str) -> None:
    write(home, url)
    with pytest.raises(Invalid):
        carried(home)


def test_who_was_not_let_in_carries_nothing(home: Home) -> None:
    assert carried(home) is None
