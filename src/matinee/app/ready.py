"""Whether the processes of a house are ready, asked at their own sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from matinee.app.home import Home
from matinee.runtime.errors import DeadlineExceeded, MatineeError
from matinee.runtime.http1 import Client


async def wait_ready(home: Home, processes: Sequence[str], most_s: float = 60.0) -> None:
    """Returns when every process says it is ready. Raises DeadlineExceeded naming those that did not."""
    waiting = set(processes)
    try:
        async with asyncio.timeout(most_s):
            while waiting:
                waiting -= {name for name in waiting if await ready(home, name)}
                if waiting:
                    await asyncio.sleep(0.05)
    except TimeoutError as late:
        raise DeadlineExceeded(f"not ready after {most_s:.0f} s: {', '.join(sorted(waiting))}") from late


async def ready(home: Home, process: str) -> bool:
    """Whether the process answers at its socket that it is ready."""
    path = home.socket(process)
    if not path.exists():
        return False
    client = Client(f"unix:{path}")
    try:
        answer = await client.request("GET", "/health/ready", timeout_s=1.0)
    except MatineeError:
        return False
    else:
        return answer.status == 200
    finally:
        await client.close()
