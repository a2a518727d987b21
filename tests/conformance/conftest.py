from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `installation` is what these tests share

from installation import Installation

from matinee.terms.maturity import Maturity

ADULT, DRAFT = "Zanzibarverbot", "Ungeborenes"
"""Words that stand nowhere but in the title that children, or all members, must not see."""


def opened(*options: str) -> Iterator[Installation]:
    """An installation with nothing in it, stopped at the end; then nothing secret stands in any file that it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="mt", dir="/tmp"))  # noqa: S108 - a short path
    house = Installation(folder / "h", *options)
    try:
        yield house
    finally:
        house.stop()
    told, logs = _told(house), [house.log, *(house.home / "logs").iterdir()]
    assert not told
    assert not [log.name for log in logs if "Traceback" in log.read_text(errors="replace")]
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


@pytest.fixture(scope="module")
def house() -> Iterator[Installation]:
    """The installation of a module's tests. Tests make the people they need, and take nobody's else."""
    for made in opened():
        yield furnished(made)


@pytest.fixture
def clocked() -> Iterator[Installation]:
    """An installation whose calendar the test may move, with one film."""
    for made in opened("--test-clock"):
        made.add("all", "Open Sea", Maturity.ALL, "Drama")
        yield made
