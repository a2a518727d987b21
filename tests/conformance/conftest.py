from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `installation` is what these tests share
sys.path.insert(1, str(Path(__file__).parents[1] / "system" / "gateway"))  # `gateway_house`, for those of HTTP/1.1

from crawler import Crawler

from installation import ADULT, DRAFT, Installation, Person, Playing
from matinee.terms.maturity import Maturity


def opened(*options: str) -> Iterator[Installation]:
    """An installation with nothing in it, stopped at the end; then nothing secret stands in any file that it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="mt", dir="/tmp"))
    house = Installation(folder / "h", *options)
    try:
        yield house
    finally:
        house.stop()
    told, logs = _told(house), [house.log, *(house.home / "logs").iterdir()]
    assert not told
    failures = [log.read_text(errors="replace").partition("Traceback")[2][:8000] for log in logs]
    assert not any(failures), "\n\n".join(failures)
    shutil.rmtree(folder)


def _told(house: Installation) -> list[str]:
    """The files outside `secrets/` that hold a token, a password or a card's number."""
    needles = [secret.encode() for secret in house.spoken]
    files = [path for path in house.home.rglob("*") if path.is_file() and "secrets" not in path.parts]
    return [
        f"{path} holds {needle[:12]!r}…"
        for path in [house.log, *files]
        for data in [path.read_bytes()]
        for needle in needles
        if needle in data
    ]


def furnished(house: Installation) -> Installation:
    """With a film for all, one for adults, and one that is not published."""
    house.add("all", "Open Sea", Maturity.ALL, "Drama")
    house.add("adult", ADULT, Maturity.EIGHTEEN, "Nachtfilm")
    house.add("draft", DRAFT, Maturity.ALL, "Werkstatt", publish=False)
    return house


@pytest.fixture(scope="session")
def house() -> Iterator[Installation]:
    """The installation that these tests share. A test makes the people that it changes something of, and takes nobody's else."""
    for made in opened():
        yield furnished(made)


@pytest.fixture
def clocked() -> Iterator[Installation]:
    """An installation whose calendar the test may move, with one film."""
    for made in opened("--test-clock"):
        made.add("all", "Open Sea", Maturity.ALL, "Drama")
        yield made


@pytest.fixture(scope="session")
def crawler(house: Installation) -> Iterator[Crawler]:
    made = Crawler(house)
    yield made
    made.close()


@pytest.fixture(scope="session")
def resident(house: Installation) -> Person:
    """A member for tests that only look: a grown-up's profile, chosen, and a child's."""
    return house.sign_up("Rosa")


@pytest.fixture(scope="session")
def kid(resident: Person) -> Person:
    """The resident's child, for tests that only look."""
    return resident.again(1)


@pytest.fixture
def ada(house: Installation) -> Iterator[Person]:
    """Whose things others want: she has a grown-up's profile, chosen, and a child's."""
    with house.sign_up("Ada") as person:
        yield person


@pytest.fixture
def bob(house: Installation) -> Iterator[Person]:
    with house.sign_up("Bob") as person:
        yield person


@pytest.fixture
def playing(house: Installation, ada: Person) -> Playing:
    return ada.play(house.titles["all"]["id"])
