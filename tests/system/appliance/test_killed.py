from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from matinee.cdn.store import Store
from matinee.services.fill.contract import Manifest

PROGRAM = """
import asyncio, sys
from pathlib import Path
from matinee.cdn.appliance import Appliance, Settings
from matinee.cdn.server import listening
from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import Keyring
core, origin, folder, keys = sys.argv[1:]
settings = Settings("cdn-a", core, origin)
async def main():
    keyring = Keyring.load(Path(keys))
    await Appliance(settings, listening("127.0.0.1", 0), Path(folder), keyring, SystemClock(), "boot").run()
asyncio.run(main())
"""


@pytest.mark.parametrize("arrived", [0, 1, 3])
async def test_a_kill_in_the_midst_of_pulls_leaves_no_bad_file_and_the_next_start_goes_on(
    world: Any, eventually: Any, serve: Any, tmp_path: Path, arrived: int
) -> None:
    datas = {f"v/{number}.m4s": os.urandom(300_000) for number in range(6)}
    files = [world.put(name, data) for name, data in datas.items()]
    held = asyncio.Event()
    world.hold_back |= {f"{number}.m4s": held for number in range(arrived, 6)}
    await world.want(*files)
    async with serve(world.core) as core, serve(world.origin) as origin:

        async def start() -> asyncio.subprocess.Process:
            arguments = (core, origin, str(world.disk), str(tmp_path / "cdn-a.json"))
            return await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, *arguments)

        process = await start()
        media, incoming = world.disk / "media", world.disk / "incoming"
        await eventually(
            lambda: (
                len(list(media.rglob("*.m4s"))) == arrived
                and sum(file.stat().st_size > 1000 for file in incoming.glob("*")) >= 3
            ),
            within_s=15,
        )
        process.kill()
        await process.wait()
        for file in media.rglob("*.m4s"):
            assert file.read_bytes() == datas[f"v/{file.name}"]
        held.set()
        world.asked.clear()
        process = await start()
        await eventually(
            lambda: bool(world.core.reports) and world.core.reports[-1].encodes == ["ttl_1/enc_1"], within_s=15
        )
        process.kill()
        await process.wait()
        assert len(world.asked) == 6 - arrived, "what was whole is not pulled again"
        for file in files:
            data = (media / file.path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == file.sha256
        world.core.up = False
        await world.core.tell()


def test_a_disk_with_a_damaged_manifest_starts_empty(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.remember(Manifest(3, []))
    assert store.remembered() == Manifest(3, [])
    (tmp_path / "manifest").write_bytes(b"\xc1 no")
    assert store.remembered() is None
