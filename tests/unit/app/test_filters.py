from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from matinee.app import filters
from matinee.app.home import Home
from matinee.app.process import Process
from matinee.config import Settings

QUICK = """
from matinee.gateway.extension import inbound

@inbound()
def {name}(request):
    pass
"""
SLOW = "import time, pathlib\nwhile not pathlib.Path({gate!r}).exists():\n    time.sleep(0.01)\n"


class FakeChain:
    """Where filters are hung: what hangs there now, by name."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def furnish(self, added: Sequence[Any]) -> Sequence[str]:
        self.names = [each.place.name for each in added]
        return []

    def switch(self, name: str, said: object) -> None: ...


async def test_a_filter_that_is_long_in_coming_holds_nobody_up(
    tmp_path: Path,
    eventually: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(filters, "_LONG_S", 0.1)
    monkeypatch.setattr(filters, "_PAUSE_S", 0.01)
    folder, gate, chain = tmp_path / "filters", tmp_path / "gate", FakeChain()
    folder.mkdir()
    (folder / "a.py").write_text(QUICK.format(name="early"))
    process = Process("p", Home(tmp_path), Settings(), {})
    await filters.extend(process, cast("Any", chain))
    assert chain.names == ["early"]
    living = asyncio.create_task(process.live())
    (folder / "b.py").write_text(SLOW.format(gate=str(gate)) + QUICK.format(name="late"))
    await eventually(lambda: "still being read" in caplog.text, within_s=5)
    assert chain.names == ["early"]
    gate.touch()
    await eventually(lambda: chain.names == ["early", "late"], within_s=5)
    process.stop()
    await living
