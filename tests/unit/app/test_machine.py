from __future__ import annotations

from pathlib import Path

import pytest

from matinee.app import machine
from matinee.app.home import Home
from matinee.app.machine import Address
from matinee.config import AdminSettings, Settings
from matinee.runtime.errors import PortTaken

FIRST = 21_300


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else listens on this machine."""

    def first_left(_: str, first: int, taken: set[int]) -> int:
        return next(port for port in range(first, 65536) if port not in taken)

    monkeypatch.setattr(machine, "claim", lambda *_: None)
    monkeypatch.setattr(machine, "free", first_left)


def made(first_port: int, port: int = 8080) -> dict[str, list[str]]:
    settings = Settings(admin=AdminSettings(first_port))
    found = machine.children(
        Home(Path("h")), settings, Address("127.0.0.1", port), test_clock=False, say=lambda *_: None
    )
    return {each.name: list(each.arguments) for each in found}


@pytest.mark.usefixtures("free")
def test_every_process_tells_of_itself_at_a_port_of_its_own() -> None:
    assert [each[-2:] for each in made(FIRST).values()] == [["--admin", f"127.0.0.1:{FIRST + n}"] for n in range(5)]
    assert not any("--admin" in each for each in made(0).values())


@pytest.mark.usefixtures("free")
def test_appliances_take_none_of_these_ports() -> None:
    assert [made(8081)[name][3] for name in ("cdn-a", "cdn-b")] == ["8086", "8087"]


@pytest.mark.usefixtures("free")
def test_the_front_door_keeps_its_own() -> None:
    with pytest.raises(PortTaken, match="port 8080 is the front door's"):
        made(8078)
