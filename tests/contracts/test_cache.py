from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from matinee.backends.cache.memoised import Memoised
from matinee.backends.cache.open import open as open_cache
from matinee.backends.cache.port import Cache
from matinee.runtime.errors import Conflict, Invalid, Unavailable

Eventually = Callable[..., Awaitable[None]]


@pytest.fixture(params=["memory:?bytes=100000"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    cache = open_cache(request.param)
    yield cache
    await cache.close()


async def test_set_get_delete(cache: Cache) -> None:
    assert await cache.get("k") is None
    await cache.set("k", b"one", 60)
    await cache.set("k", b"two", 60)
    assert await cache.get("k") == b"two"
    await cache.delete("k")
    await cache.delete("k")
    assert await cache.get("k") is None


async def test_an_entry_runs_out(cache: Cache, eventually: Eventually) -> None:
    await cache.set("short", b"1", 0.05)
    await cache.set("long", b"1", 60)

    async def gone() -> bool:
        return await cache.get("short") is None

    assert await cache.get("short") == b"1"
    await eventually(gone)
    assert await cache.get("long") == b"1"


async def test_no_time_to_live_keeps_nothing(cache: Cache) -> None:
    await cache.set("k", b"old", 60)
    await cache.set("k", b"new", 0)
    assert await cache.get("k") is None


async def test_it_is_bounded(cache: Cache) -> None:
    for n in range(1000):
        await cache.set(str(n), bytes(1000), 60)
    kept = [n for n in range(1000) if await cache.get(str(n)) is not None]
    assert 10 < len(kept) < 100
    assert 999 in kept


async def test_what_is_too_large_is_not_kept_and_replaces_what_was(cache: Cache) -> None:
    await cache.set("k", b"old", 60)
    await cache.set("k", bytes(200_000), 60)
    assert await cache.get("k") is None


@pytest.mark.parametrize("url", ["memcached://there", "", "memory:?bytes=many", "memory:?bytes=0"])
def test_an_unknown_url_is_one_sentence(url: str) -> None:
    with pytest.raises(Invalid):
        open_cache(url)


class Computation:
    """Counts how often it runs; goes on when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> bytes:
        self.begun += 1
        try:
            await self.go.wait()
            if self.error:
                raise self.error
            return b"answer %d" % self.begun
        finally:
            self.ended += 1


async def test_it_is_computed_once_for_all_who_ask(cache: Cache) -> None:
    memoised, compute = Memoised(cache), Computation()
    asking = [asyncio.ensure_future(memoised.get("k", 60, compute)) for _ in range(20)]
    await asyncio.sleep(0)
    compute.go.set()
    assert await asyncio.gather(*asking) == [b"answer 1"] * 20
    assert await memoised.get("k", 60, compute) == b"answer 1"
    assert await memoised.get("other", 60, compute) == b"answer 2"


async def test_an_error_reaches_all_and_is_not_kept(cache: Cache) -> None:
    memoised, compute = Memoised(cache), Computation()
    compute.error = Conflict("no")
    compute.go.set()
    outcomes = await asyncio.gather(*(memoised.get("k", 60, compute) for _ in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Conflict] * 5
    compute.error = None
    assert await memoised.get("k", 60, compute) == b"answer 2"


async def test_one_who_goes_away_does_not_end_it(cache: Cache, eventually: Eventually) -> None:
    memoised, compute = Memoised(cache), Computation()
    first, second = (asyncio.ensure_future(memoised.get("k", 60, compute)) for _ in range(2))
    await eventually(lambda: compute.begun == 1)
    first.cancel()
    compute.go.set()
    assert await second == b"answer 1"
    assert first.cancelled()


async def test_when_nobody_waits_it_ends_and_the_next_begins_anew(cache: Cache, eventually: Eventually) -> None:
    memoised, compute = Memoised(cache), Computation()
    first = asyncio.ensure_future(memoised.get("k", 60, compute))
    await eventually(lambda: compute.begun == 1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = asyncio.ensure_future(memoised.get("k", 60, compute))
    compute.go.set()
    assert await second == b"answer 2"
    assert compute.ended == 2


class Away:
    async def get(self, _: str) -> bytes | None:
        raise Unavailable

    async def set(self, _: str, __: bytes, ___: float) -> None:
        raise Unavailable

    async def delete(self, _: str) -> None:
        raise Unavailable

    async def close(self) -> None: ...


async def test_a_cache_that_is_away_is_one_that_misses() -> None:
    compute = Computation()
    compute.go.set()
    assert await Memoised(Away()).get("k", 60, compute) == b"answer 1"
