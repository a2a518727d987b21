from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matinee.backends.log.open import open as open_log
from matinee.backends.log.partition import Partition
from matinee.backends.log.port import Entry, Log, Reader, Record
from matinee.backends.log.segments import SegmentLog
from matinee.runtime.errors import Invalid, OutOfSpace, TooLarge, Unavailable

Eventually = Callable[..., Awaitable[None]]
LONG_AGO, AHEAD = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=["file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/log"


@pytest.fixture
async def log(url: str) -> AsyncIterator[Log]:
    log = open_log(url)
    yield log
    await log.close()


def records(*values: int, key: str = "acc_1") -> list[Record]:
    return [Record(key.encode(), str(value).encode()) for value in values]


def values(entries: list[Entry]) -> list[int]:
    return [int(entry.record.value) for entry in entries]


async def all_of(reader: Reader) -> list[Entry]:
    found: list[Entry] = []
    while entries := await reader.poll(100, 0):
        found += entries
    return found


async def test_what_is_appended_is_read_in_order(log: Log) -> None:
    reader = await log.reader("plays", "live")
    await log.append("plays", records(1, 2, 3))
    await log.append("plays", [])
    await log.append("plays", records(4))
    entries = await all_of(reader)
    assert [entry.record for entry in entries] == records(1, 2, 3, 4)
    assert len({entry.partition for entry in entries}) == 1
    assert [entry.offset for entry in entries] == sorted({entry.offset for entry in entries})
    await reader.close()


async def test_keys_spread_and_each_stays_in_order(log: Log) -> None:
    for value in range(50):
        await log.append("plays", [Record(f"acc_{key}".encode(), str(value).encode()) for key in range(20)])
    reader = await log.reader("plays", "live")
    entries = await all_of(reader)
    assert {entry.partition for entry in entries} == {0, 1, 2, 3}
    for key in range(20):
        assert values([e for e in entries if e.record.key == f"acc_{key}".encode()]) == list(range(50))
    await reader.close()


async def test_bytes_are_kept_as_they_are(log: Log) -> None:
    odd = [Record(b"", b""), Record(b"\x00\xff", bytes(range(256))), Record(b"k", b"x" * 1_000_000)]
    await log.append("plays", odd)
    reader = await log.reader("plays", "live")
    assert sorted(e.record.value for e in await all_of(reader)) == sorted(r.value for r in odd)
    await reader.close()


async def test_limit_and_waiting(log: Log) -> None:
    await log.append("plays", records(*range(10)))
    reader = await log.reader("plays", "live")
    assert values(await reader.poll(3, 5)) == [0, 1, 2]
    assert values(await reader.poll(100, 5)) == list(range(3, 10))
    assert await reader.poll(100, 0) == []
    assert await reader.poll(100, 0.05) == []
    await reader.close()


async def test_an_append_wakes_a_poll(log: Log) -> None:
    reader = await log.reader("plays", "live")
    polling = asyncio.ensure_future(reader.poll(10, 30))
    await asyncio.sleep(0)
    await log.append("plays", records(1))
    async with asyncio.timeout(5):
        assert values(await polling) == [1]
    await reader.close()


async def test_a_group_goes_on_after_its_commit(log: Log) -> None:
    await log.append("plays", records(*range(10)))
    first = await log.reader("plays", "live")
    assert values(await first.poll(4, 1)) == [0, 1, 2, 3]
    await first.commit()
    assert values(await first.poll(4, 1)) == [4, 5, 6, 7]
    await first.close()
    second = await log.reader("plays", "live")
    assert values(await all_of(second)) == [4, 5, 6, 7, 8, 9]
    await second.close()
    other = await log.reader("plays", "train")
    assert values(await all_of(other)) == list(range(10))
    await other.close()


async def test_it_outlives_its_process(url: str) -> None:
    for start in (0, 5):
        log = open_log(url)
        await log.append("plays", records(*range(start, start + 5)))
        await log.close()
    log = open_log(url)
    reader = await log.reader("plays", "live")
    assert values(await all_of(reader)) == list(range(10))
    await reader.close()
    await log.close()


async def test_a_cancelled_poll_gives_nothing_away(log: Log) -> None:
    await log.append("plays", records(*range(100)))
    reader = await log.reader("plays", "live")
    given: list[Entry] = []
    cancelled = 0
    for turn in range(200):
        polling = asyncio.ensure_future(reader.poll(1, 1))
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        polling.cancel()
        (outcome,) = await asyncio.gather(polling, return_exceptions=True)
        if isinstance(outcome, list):  # it was quicker
            given += outcome
        else:
            cancelled += 1
    assert cancelled
    assert values(given + await all_of(reader)) == list(range(100))
    await reader.close()


async def test_members_share_out_the_partitions(url: str, log: Log, eventually: Eventually) -> None:
    other = open_log(url)  # as another process would
    members = [await log.reader("plays", "live"), await other.reader("plays", "live")]
    seen: list[list[Entry]] = [[], []]

    async def follow(member: int) -> None:
        while True:
            seen[member] += await members[member].poll(100, 1)
            await members[member].commit()

    tasks = [asyncio.ensure_future(follow(n)) for n in (0, 1)]
    for value in range(10_000):
        await log.append("plays", [Record(str(key).encode(), str(value).encode()) for key in range(8)])
        shared = [{entry.partition for entry in entries[-8:]} for entries in seen]
        if all(shared) and not shared[0] & shared[1] and shared[0] | shared[1] == {0, 1, 2, 3}:
            break
        await asyncio.sleep(0.01)
    count = (value + 1) * 8
    await eventually(lambda: len({(e.partition, e.offset) for e in seen[0] + seen[1]}) == count)
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    await members[0].close()
    await log.append("plays", [Record(str(key).encode(), b"-1") for key in range(8)])
    await eventually(lambda: len([e for e in seen[1] if e.record.value == b"-1"]) == 8)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    await members[1].close()
    await other.close()


@pytest.mark.parametrize("name", ["", "..", "../etc", "a/b", "a\x00b", ".hidden", "x" * 200])
async def test_a_name_cannot_leave_its_folder(log: Log, name: str) -> None:
    with pytest.raises(Invalid):
        await log.append(name, records(1))
    with pytest.raises(Invalid):
        await log.reader("plays", name)


async def test_too_large_a_record_is_refused_and_the_rest_goes_on(log: Log) -> None:
    outcomes = await asyncio.gather(
        log.append("plays", [Record(b"k" * 70_000, b"")]), log.append("films", records(1)), return_exceptions=True
    )
    assert isinstance(outcomes[0], TooLarge)
    assert outcomes[1] is None


async def test_after_close_it_is_unavailable(url: str) -> None:
    log = open_log(url)
    reader = await log.reader("plays", "live")
    appending = asyncio.ensure_future(log.append("plays", records(1)))
    await asyncio.sleep(0)
    await log.close()
    await appending
    with pytest.raises(Unavailable):
        await log.append("plays", records(2))
    with pytest.raises(Unavailable):
        await reader.poll(1, 0)
    await reader.close()


WRITER = """
    import asyncio, sys
    from matinee.backends.log.open import open as open_log
    from matinee.backends.log.port import Record

    async def main():
        log = open_log(sys.argv[1])
        for n in range(int(sys.argv[3])):
            await asyncio.gather(*(log.append("plays", [Record(sys.argv[2].encode(), b"%d" % (4 * n + i))]) for i in range(4)))
            print(4 * n + 3, flush=True)
        await log.close()

    asyncio.run(main())
"""


def writer(url: str, key: str, turns: int) -> subprocess.Popen[str]:
    return started(textwrap.dedent(WRITER), url, key, str(turns))


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)


async def test_what_was_answered_outlives_a_kill(url: str) -> None:
    log = open_log(url)
    await log.append("plays", records(-1))
    answered = {}
    for key in ("acc_1", "acc_2", "acc_3"):
        process = writer(url, key, 1_000_000)
        assert process.stdout is not None
        for _ in range(20):
            answered[key] = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].splitlines()[:-1]
        answered[key] = max([answered[key], *map(int, rest)])
        await log.append("plays", records(-2))  # by one who had it open all the while
    reader = await log.reader("plays", "live")
    entries = await all_of(reader)
    for key, last in answered.items():
        own = [v for v in values([e for e in entries if e.record.key == key.encode()]) if v >= 0]
        assert own == list(range(len(own)))
        assert len(own) > last
    assert values(entries).count(-2) == 3
    await reader.close()
    await log.close()


async def test_two_processes_append_at_once_and_a_third_reads(url: str, log: Log) -> None:
    reader = await log.reader("plays", "live")
    writers = [writer(url, key, 100) for key in ("acc_1", "acc_2")]
    seen: list[Entry] = []
    async with asyncio.timeout(30):
        while len(seen) < 800:
            seen += await reader.poll(1000, 5)
    for process in writers:
        process.communicate()
    for key in (b"acc_1", b"acc_2"):
        assert values([e for e in seen if e.record.key == key]) == list(range(400))
    assert await reader.poll(10, 0.2) == []
    await reader.close()


def filed(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "log" / "plays").rglob("*.seg") if path.stat().st_size)


@pytest.mark.parametrize("harm", ["cut", "garbage", "zeros", "flipped", "mark lost", "mark behind", "mark ahead"])
async def test_a_torn_tail_is_cut_and_the_log_goes_on(url: str, tmp_path: Path, harm: str) -> None:
    log = open_log(url)
    await log.append("plays", records(*range(10)))
    await log.close()
    (segment,) = filed(tmp_path)
    whole, mark = segment.read_bytes(), segment.parent / "end"
    survivors = 10
    match harm:
        case "cut":
            segment.write_bytes(whole[:-1])
            survivors = 9
        case "garbage":
            segment.write_bytes(whole + os.urandom(40))
        case "zeros":
            segment.write_bytes(whole + bytes(5000))
        case "flipped":
            segment.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            mark.unlink()
            survivors = 9
        case "mark lost":
            mark.unlink()
        case "mark behind":
            two = Partition(tmp_path / "two", 0, segment_bytes=1 << 20)
            two.append(whole[: len(whole) // 2])
            two.close()
            mark.write_bytes((tmp_path / "two" / "end").read_bytes())
        case _:
            segment.write_bytes(whole[: len(whole) // 2])
            survivors = 5
    log = open_log(url)
    await log.append("plays", records(100))
    reader = await log.reader("plays", "live")
    assert values(await all_of(reader)) == [*range(survivors), 100]
    await reader.close()
    await log.close()


async def test_segments_are_rolled_read_across_and_forgotten(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path / "log", segment_bytes=500)
    for value in range(100):
        await log.append("plays", records(value))
    assert len(filed(tmp_path)) > 3
    late, reader = await log.reader("plays", "late"), await log.reader("plays", "live")
    assert values(await all_of(reader)) == list(range(100))
    assert await log.forget("plays", LONG_AGO) == 0
    assert await log.forget("plays", AHEAD) > 0
    assert len(filed(tmp_path)) == 1
    left = values(await all_of(late))
    assert left == list(range(left[0], 100))
    assert 0 < left[0] < 100
    await log.append("plays", records(100))
    assert values(await all_of(reader)) == [100]
    for each in (reader, late):
        await each.close()
    await log.close()


async def test_a_topic_keeps_its_number_of_partitions(tmp_path: Path) -> None:
    for asked in (2, 8):
        log = SegmentLog(tmp_path / "log", partitions=asked)
        await log.append("plays", [Record(str(key).encode(), b"0") for key in range(50)])
        await log.close()
    log = SegmentLog(tmp_path / "log")
    reader = await log.reader("plays", "live")
    assert {entry.partition for entry in await all_of(reader)} == {0, 1}
    await reader.close()
    await log.close()


async def test_a_full_disk_is_out_of_space_and_passes(url: str) -> None:
    log = open_log(url)
    await log.append("plays", records(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutOfSpace):
            await log.append("plays", [Record(b"acc_1", b"x" * 200_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    await log.append("plays", records(2))
    reader = await log.reader("plays", "live")
    assert values(await all_of(reader)) == [1, 2]
    await reader.close()
    await log.close()


async def test_a_killed_member_leaves_its_partitions(url: str, log: Log) -> None:
    await log.append("plays", records(*range(5)))
    taking = f"""
import asyncio
from matinee.backends.log.open import open as open_log
async def main():
    reader = await open_log({url!r}).reader("plays", "live")
    print(len(await reader.poll(3, 5)), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = started(taking)
    assert process.stdout is not None
    assert int(process.stdout.readline()) == 3
    process.kill()
    process.communicate()
    reader = await log.reader("plays", "live")
    assert values(await all_of(reader)) == list(range(5))
    await reader.close()


@pytest.mark.parametrize("url", ["kafka://there", "file://host/path", "file:", "", "nonsense"])
def test_an_unknown_url_is_one_sentence(url: str) -> None:
    with pytest.raises(Invalid, match="file:///folder"):
        open_log(url)


async def test_appends_at_once_share_their_syncs(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[Any] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (syncs.append(file), real(file)))
    log = open_log(url)
    await asyncio.gather(*(log.append("plays", records(value)) for value in range(200)))
    assert 0 < len(syncs) < 100
    await log.close()
