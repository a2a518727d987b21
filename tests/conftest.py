from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

sys.path.insert(0, str(Path(__file__).parent))  # `packaged` and `ingesting` are what several folders share

Condition = Callable[[], bool | Awaitable[bool]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """tests/unit reaches no network; a loop's own socket pair is let through."""
    if "/tests/unit/" in item.path.as_posix():
        disable_socket(allow_unix_socket=True)
    else:
        enable_socket()


async def _eventually(condition: Condition, within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {within_s} s")
        await asyncio.sleep(0.01)


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """`await eventually(condition, within_s=5)` polls a condition, plain or awaitable, until it is true."""
    return _eventually
