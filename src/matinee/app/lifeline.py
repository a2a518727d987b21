"""A child ends with its supervisor: the child holds the read end of a pipe that only the supervisor can write to."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping

VARIABLE = "MATINEE_LIFELINE"


def watch(environment: Mapping[str, str] = os.environ) -> None:
    """Asks this process to end when the supervisor is gone, however it went."""
    number = environment.get(VARIABLE)
    if number is None:
        return
    fd = int(number)
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(fd)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(fd, gone)
