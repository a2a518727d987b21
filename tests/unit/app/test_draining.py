from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from matinee.app.home import Home, UnusableHome
from matinee.app.process import Process
from matinee.config import Settings


async def ended(process: Process) -> None:
    process.stop()
    await process.live()


async def test_what_takes_requests_drains_before_anything_is_closed(tmp_path: Path) -> None:
    process = Process("p", Home(tmp_path), Settings(), {})
    done: list[str] = []

    async def say(what: str) -> None:
        await asyncio.sleep(0)
        done.append(what)

    process.on_drain("api", lambda: say("api drains"))
    process.on_stop("database", lambda: say("database closes"))
    process.on_drain("gateway", lambda: say("gateway drains"))
    await ended(process)
    assert done == ["gateway drains", "api drains", "database closes"]


async def test_draining_has_its_time_and_one_fault_does_not_keep_others_from_it(tmp_path: Path) -> None:
    process = Process("p", Home(tmp_path), Settings(), {"drain": 0.05})
    done: list[str] = []

    async def closes() -> None:
        done.append("closes")

    async def forever() -> None:
        done.append("waits")
        await asyncio.Event().wait()

    async def fails() -> None:
        raise KeyError

    process.on_stop("database", closes)
    process.on_drain("api", forever)
    process.on_drain("gateway", fails)
    await asyncio.wait_for(ended(process), 5)
    assert done == ["waits", "closes"]


async def test_who_is_asked_twice_to_stop_waits_no_longer(tmp_path: Path) -> None:
    process = Process("p", Home(tmp_path), Settings(), {"drain": 60})

    async def hurry() -> None:
        process.stop()
        await asyncio.Event().wait()

    process.on_drain("api", hurry)
    await asyncio.wait_for(ended(process), 5)


def test_a_name_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableHome, match="is too long for a socket"):
        Home(tmp_path).socket("a" * 108)
