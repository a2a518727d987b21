"""The corpus of RFC 9112 through the front door: each message whole, cut in two at every byte, and byte by byte. It never makes
a difference, and no server gets a request more than the corpus says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import h11
import pytest
import uvloop
from gateway_house import SHORT, House
from http1_corpus import ANSWERS, OLD, OLD_KEPT, PROBE, REQUESTS, AnswerCase, Reaching
from http1_reader import Message, Unfinished, Wrong, answer, answers
from http1_wire import SHORT as SHORT_MESSAGE
from http1_wire import Behind, Reads, asked, outcome, reached, say, sent, splits, together, told
from msgspec.structs import replace

LIMITS = replace(SHORT, header_s=5, body_s=5, answer_s=5, unfelt_s=3600)
"""Nothing here is to be late, and as much as asks at once is no overload."""

OF_PROBE = Reaching(b"GET", b"/api/probe")
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Standing(NamedTuple):
    """The front door between both ends, on a loop of its own."""

    runner: asyncio.Runner
    house: House
    behind: Behind
    reads: Reads


@pytest.fixture(scope="module")
def reads() -> Iterator[Reads]:
    """One for all: whatever ends first must not take from the others what tells them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = Reads()
        made.watch(monkeypatch)
        yield made


def standing(loop: Callable[[], asyncio.AbstractEventLoop], reads: Reads) -> Iterator[Standing]:
    with asyncio.Runner(loop_factory=loop) as runner:
        behind = Behind(ANSWERS, reads)
        runner.run(behind.start())
        house = House([f"http://127.0.0.1:{behind.port}"], LIMITS)
        runner.run(house.start())
        yield Standing(runner, house, behind, reads)
        runner.run(house.stop())
        runner.run(behind.stop())


@pytest.fixture(scope="module", params=LOOPS)
def standing_on_each(request: pytest.FixtureRequest, reads: Reads) -> Iterator[Standing]:
    yield from standing(LOOPS[request.param], reads)


@pytest.fixture(scope="module")
def standing_in_earnest(reads: Reads) -> Iterator[Standing]:
    yield from standing(uvloop.new_event_loop, reads)


@pytest.fixture
def door(standing_on_each: Standing) -> Standing:
    standing_on_each.behind.forget()
    return standing_on_each


@pytest.fixture
def quick(standing_in_earnest: Standing) -> Standing:
    """On the loop that runs in earnest: for what is said many times."""
    standing_in_earnest.behind.forget()
    return standing_in_earnest


# ---- requests


def all_told(door: Standing) -> None:
    """Nothing got to the server that nobody was answered for, and nothing is left under way."""
    assert not door.behind.came
    assert not door.behind.wrong
    assert door.house.traffic.in_flight == 0
    assert all(server.in_flight == 0 for server in door.house.servers)
    assert door.house.counted(category="FAILURE_LOCAL") == 0


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request(name: str, door: Standing) -> None:
    case = REQUESTS[name]
    seen = door.runner.run(outcome(case, door.house.port, door.behind))
    kept = ((200,), (OF_PROBE,)) if case.keeps else ((), ())
    assert tuple(each.status for each in seen.answers) == case.statuses + kept[0]
    assert tuple(reached(each) for each in seen.came) == case.reaches + kept[1]
    assert b"close" in seen.answers[-1].options
    for each in seen.answers:
        assert each.whole
        assert not each.until_closed
        shows_security(each)
        if each.status >= 400:
            is_problem(each, to_head=case.raw.startswith(b"HEAD "))
    for each in seen.came:
        assert by_another_reader(each) == (*each.start[:2], each.body)
    if case.shows or case.hides:
        lines = [b"%s:%s" % field for field in seen.came[0].fields]
        assert set(case.shows) <= set(lines)
        assert not [line for line in lines for word in case.hides if word in line.lower()]
    all_told(door)


def shows_security(answer: Message) -> None:
    for name in (b"content-security-policy", b"x-content-type-options", b"x-frame-options"):
        assert answer.value(name)
    assert answer.value(b"referrer-policy") == b"no-referrer"


def is_problem(answer: Message, *, to_head: bool) -> None:
    assert answer.value(b"content-type") == b"application/problem+json"
    if to_head:
        assert not answer.body
        return
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status
    assert problem["type"]
    assert problem["title"]
    assert problem["detail"] or answer.status == 404


def by_another_reader(message: Message) -> tuple[bytes, bytes, bytes]:
    """What h11 reads in it."""
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(message.raw)
    head = reader.next_event()
    assert isinstance(head, h11.Request)
    body = b""
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert not reader.trailing_data[0]
    return head.method, head.target, body


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_split_at_every_byte(name: str, quick: Standing) -> None:
    case, run = REQUESTS[name], quick.runner.run
    whole = run(outcome(case, quick.house.port, quick.behind))
    different: list[tuple[int, bytes]] = []

    async def check(offset: int) -> None:
        seen = await outcome(case, quick.house.port, quick.behind, offset)
        if seen.told != whole.told:
            different.append((offset, seen.heard))

    offsets = [*splits(case.raw), *([-1] if len(case.raw) < SHORT_MESSAGE else [])]
    run(together([lambda offset=offset: check(offset) for offset in offsets]))
    assert not different, (different[0], whole.heard)
    all_told(quick)


def test_the_parts_are_read_one_by_one(quick: Standing) -> None:
    """Without this the tests above would show nothing."""
    case = REQUESTS["length"]
    for offset, times in ((0, 1), (20, 2), (len(case.raw), 2), (-1, len(case.raw + PROBE))):
        before = quick.reads.times
        quick.runner.run(say(quick.house.port, sent(case, offset), quick.reads))
        assert quick.reads.times - before == times + 2  # and what the server said to the request and the probe


# ---- answers


async def answered(case: AnswerCase, door: Standing, script: str) -> tuple[bytes, list[Message], bool]:
    """What the client heard, and whether the connection to the server may be used again."""
    heard = await say(door.house.port, [asked(case, script)])
    line = door.behind.scripted.pop(script.encode())
    if not case.reused:
        async with asyncio.timeout(5):
            await line.closed
    return heard, answers(heard, [case.asked.split(b" ")[0], b"GET"]), not line.closed.done()


def unlike(case: AnswerCase, heard: list[Message]) -> str:
    """In which word the answers are not what the corpus says; empty: in none."""
    interim = tuple(each.status for each in heard if each.status < 200)
    final = [each for each in heard if each.status >= 200]
    first, probe = final[0], final[1:]
    kept = case.keeps and (case.result != "broken" or first.status == 502)
    problem = first.value(b"content-type") == b"application/problem+json"
    wrong = {
        "interim": interim != case.interim,
        "probe": [each.body for each in probe] != [b"GET /api/probe"] * kept,
        "whole": first.whole is (case.result == "broken") and first.status != 502,
        "status": first.status != case.status and case.result != "broken",
        "body": case.result == "passed" and first.body != case.body,
        "trailers": case.result == "passed" and first.trailers != case.trailers,
        "problem": problem is not (case.result == "bad" or (case.result == "broken" and first.status == 502)),
    }
    return " ".join(word for word, found in wrong.items() if found)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer(name: str, door: Standing) -> None:
    case = ANSWERS[name]
    heard, seen, reused = door.runner.run(answered(case, door, name))
    assert not unlike(case, seen), heard
    assert reused is case.reused
    head = next(each for each in seen if each.status >= 200).raw.partition(b"\r\n\r\n")[0].lower()
    assert not [line for line in case.shows if b"\r\n" + line not in head]
    assert not [word for word in case.hides if word in head]
    assert all(len(each.values(b"content-length")) <= 1 for each in seen)
    assert all(not set(each.values(b"content-length")) for each in seen if each.status < 200 or each.status == 204)
    only_once(case, door)


def only_once(case: AnswerCase, door: Standing) -> None:
    """The request got to the server once, whatever that answered; one that may be sent again was, at most twice."""
    came = [message for messages in door.behind.came.values() for message in messages if message.value(b"x-script")]
    scripts = [message.value(b"x-script") for message in came]
    assert len(scripts) == len(set(scripts))
    assert {message.start[0] for message in came} == {case.asked.split(b" ")[0]}
    door.behind.came.clear()
    all_told(door)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_split_at_every_byte(name: str, quick: Standing) -> None:
    case, run = ANSWERS[name], quick.runner.run
    whole, _, _ = run(answered(case, quick, name))
    different: list[tuple[int, str, bytes]] = []

    async def check(offset: int) -> None:
        heard, seen, reused = await answered(case, quick, f"{name} {offset}")
        word = unlike(case, seen) or ("" if case.result == "broken" or told(heard) == told(whole) else "bytes")
        if word or reused is not case.reused:
            different.append((offset, word or "reused", heard))

    run(together([lambda offset=offset: check(offset) for offset in cuts(case)]))
    assert not different, (different[0], whole)
    only_once(case, quick)


def cuts(case: AnswerCase) -> list[int]:
    """Where the answer is split. Not right behind its end, where more follows: what comes only once the connection carries the
    next request is that one's answer, for all that can be known."""
    at = 0
    with contextlib.suppress(Unfinished, Wrong):
        while at < len(case.raw):
            message, at = answer(case.raw, at, to=case.asked.split(b" ")[0])
            if message.status >= 200:
                break
    surplus = 0 < at < len(case.raw)
    found = [offset for offset in splits(case.raw[:-1]) if not surplus or offset != at]
    return found if surplus or len(case.raw) >= SHORT_MESSAGE else [*found, -1]


@pytest.mark.parametrize("asked_by", [OLD, OLD_KEPT])
def test_an_old_client_can_tell_that_an_answer_broke_off(asked_by: bytes, door: Standing) -> None:
    """It knows of no chunks: a connection that is merely closed would end the answer well."""
    case = ANSWERS["body-cut-in-a-chunk"]._replace(asked=asked_by)

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.house.port)
        writer.write(asked(case, "body-cut-in-a-chunk 57"))  # so that the answer has begun
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()

    door.runner.run(ask())
