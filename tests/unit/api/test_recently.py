from __future__ import annotations

import asyncio

import pytest

from matinee.api.recently import Recently
from matinee.runtime.errors import Unavailable


class Kept(dict[str, bytes]):
    """A cache that keeps what it has until the test clears it."""

    async def get(self, key: str) -> bytes | None:  # type: ignore[override]
        return super().get(key)

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:  # noqa: ARG002 - time does not pass here
        self[key] = value

    async def delete(self, key: str) -> None: ...

    async def close(self) -> None: ...


async def test_an_answer_is_kept_for_its_time_and_made_again_after() -> None:
    kept, made = Kept(), list[int]()
    recently = Recently(kept, ttl_s=2)

    async def make() -> int:
        made.append(1)
        return len(made)

    assert [await recently.get("k", int, make), await recently.get("k", int, make)] == [1, 1]
    assert await recently.get("other", int, make) == 2
    kept.clear()
    assert await recently.get("k", int, make) == 3


async def test_those_who_ask_at_once_wait_for_one() -> None:
    release, made = asyncio.Event(), list[int]()

    async def make() -> int:
        made.append(1)
        await release.wait()
        return 7

    recently = Recently(Kept(), ttl_s=2)
    asking = [asyncio.create_task(recently.get("k", int, make)) for _ in range(5)]
    await asyncio.sleep(0)
    release.set()
    assert await asyncio.gather(*asking) == [7] * 5
    assert len(made) == 1


async def test_one_that_gives_up_does_not_spoil_it_for_the_others() -> None:
    release = asyncio.Event()

    async def make() -> int:
        await release.wait()
        return 7

    recently = Recently(Kept(), ttl_s=2)
    first, second = (asyncio.create_task(recently.get("k", int, make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    release.set()
    assert await second == 7


async def test_a_failure_is_not_kept() -> None:
    tries = list[int]()

    async def make() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable
        return 7

    recently = Recently(Kept(), ttl_s=2)
    with pytest.raises(Unavailable):
        await recently.get("k", int, make)
    assert await recently.get("k", int, make) == 7
