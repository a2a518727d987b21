from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `house` is what these tests share

from house import House, eventually, film, short_folder


@pytest.fixture(scope="session")
def films() -> Iterator[Path]:
    """A folder for films that tests make once."""
    folder = short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def short_film(films: Path) -> Path:
    return film(films / "short.mp4")


@pytest.fixture(scope="session")
def common_house() -> Iterator[House]:
    built = House()
    try:
        built.start()
        yield built
    finally:
        built.close()


@pytest.fixture(scope="module")
def house(common_house: House) -> House:
    """The house that these tests share, whole as each module begins. A title's name is one module's alone."""
    eventually(common_house.is_whole)
    return common_house


@pytest.fixture
def bare_house() -> Iterator[House]:
    """A house that the test starts itself."""
    built = House()
    built.home.parent.mkdir(exist_ok=True)
    try:
        yield built
    finally:
        if hasattr(built, "process"):
            built.close()
