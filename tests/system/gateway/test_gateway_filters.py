"""Filters of operators in a running chain: nothing that one of them does breaks a connection or costs another request."""

from __future__ import annotations

import asyncio
import logging
import re
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway_house import Caller, House, Origin, get

from matinee.gateway.extension.files import Files
from matinee.services.traffic.contract import FilterFigures
from matinee.terms.filter_switch import Switch
from matinee.terms.share import in_share

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-filter.md"


class Cinema:
    """A house whose operator writes filters into a folder."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.files = Files(folder)
        self._folder = folder

    def write(self, code: str, name: str = "own.py") -> None:
        path = self._folder / name
        path.write_text("import asyncio, sys\n" + HEAD + textwrap.dedent(code))
        path.chmod(0o644)
        found, wrong = self.files.load()
        assert [*wrong, *self.house.chain.furnish(found)] == []

    def figures(self, name: str) -> FilterFigures:
        told = (stage.figures(kind) for kind, stages in self.house.chain.lists.items() for stage in stages)
        return next(each for each in told if each.name == name)


HEAD = """
from matinee.gateway.extension import Answer, endpoint, finished, inbound, outbound
from matinee.runtime.errors import Forbidden
"""


@pytest.fixture
async def cinema(tmp_path: Path) -> AsyncIterator[Cinema]:
    origin = Origin()
    await origin.start()
    house = House([origin.url])
    await house.start()
    yield Cinema(house, tmp_path)
    await house.stop()
    await origin.stop()


@pytest.fixture
async def caller(cinema: Cinema) -> AsyncIterator[Caller]:
    made = await Caller.to(cinema.house.port)
    yield made
    await made.close()


# ---- what a filter may do


async def test_the_filters_of_the_how_to(cinema: Cinema, caller: Caller, tmp_path: Path) -> None:
    robots, cinemas = re.findall(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in robots.splitlines()) <= 10
    for name, code in (("robots.py", robots), ("cinema.py", cinemas)):
        (tmp_path / name).write_text(code)
        (tmp_path / name).chmod(0o644)
    found, wrong = cinema.files.load()
    assert [*wrong, *cinema.house.chain.furnish(found)] == []
    reply = await caller.ask(get("/api/x", User_Agent="SomeBot/1.0"))
    assert (reply.status, b"Robots get no further" in reply.body) == (403, True)
    reply = await caller.ask(get("/api/x", User_Agent="Firefox"))
    assert (reply.status, reply.headers["x-cinema"]) == (200, "Apollo")
    assert cinema.figures("no_robots").runs == 2


async def test_each_kind_in_its_place(cinema: Cinema, caller: Caller) -> None:
    cinema.write("""
        ended = []

        @inbound
        def mark(request):
            request.add(b"x-own", request.route.name.encode())

        @endpoint
        def hello(request):
            return Answer(200, ((b"content-type", b"text/plain"),), b"hi") if request.path == b"/hello" else None

        @outbound
        def name(request, response):
            response.add(b"x-cinema", b"Apollo")

        @finished
        def tell(request):
            ended.append(request.status)
    """)
    assert (await caller.ask(get("/api/x"))).headers["x-cinema"] == "Apollo"
    cinema.house.chain.switch("mark", Switch(on=False))
    reply = await caller.ask(get("/hello"))
    assert (reply.body, reply.headers["x-cinema"]) == (b"hi", "Apollo")
    assert cinema.figures("tell").runs == 2


async def test_one_that_waits_is_waited_for(cinema: Cinema, caller: Caller) -> None:
    cinema.write("""
        @inbound
        async def slow(request):
            await asyncio.sleep(0.01)
            if request.path == b"/api/no":
                raise Forbidden("No")
            return Answer(204) if request.path == b"/api/own" else None
    """)
    statuses = [(await caller.ask(get(path))).status for path in ("/api/x", "/api/no", "/api/own")]
    assert statuses == [200, 403, 204]
    figures = cinema.figures("slow")
    assert (figures.runs, figures.failures) == (3, 0)
    assert figures.mean_s is not None
    assert figures.mean_s > 0.005


# ---- what a filter must not break

DEFECTS = {
    "raises": "def bad(request): 1 / 0",
    "raises-late": "async def bad(request):\n    await asyncio.sleep(0)\n    1 / 0",
    "exits": "def bad(request): sys.exit(1)",
    "exits-late": "async def bad(request):\n    await asyncio.sleep(0)\n    sys.exit(1)",
    "cancels": "def bad(request): raise asyncio.CancelledError",
    "cancels-late": "async def bad(request):\n    await asyncio.sleep(0)\n    raise asyncio.CancelledError",
    "times-out-itself": "async def bad(request): raise TimeoutError",
    "returns-nonsense": "def bad(request): return 'yes'",
    "returns-nonsense-late": "async def bad(request): return 7",
    "recurses": "def bad(request): return bad(request)",
    "splits": "def bad(request): request.add(b'x-a', b'b\\r\\nx-matinee-passport: forged')",
    "frames": "def bad(request): request.add(b'content-length', b'5')",
    "splits-late": "async def bad(request): request.add(b'x-a', b'b\\nc: d')",
}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_defect_is_a_problem_for_one_request(
    cinema: Cinema, caller: Caller, defect: str, caplog: pytest.LogCaptureFixture
) -> None:
    cinema.write(f"@inbound\n{DEFECTS[defect]}\n")
    with caplog.at_level(logging.CRITICAL, "matinee.gateway"):
        reply = await caller.ask(get())
        assert reply.status == 500
        assert b'"type":"internal"' in reply.body
        assert reply.headers["x-request-id"].startswith("req_")
        assert "content-security-policy" in reply.headers
        assert (await caller.ask(get())).status == 500, "the connection goes on"
    cinema.house.chain.switch("bad", Switch(on=False))
    assert (await caller.ask(get())).status == 200
    assert cinema.figures("bad").failures == 2
    assert cinema.house.traffic.in_flight == 0


OUTBOUND_DEFECTS = {
    "raises": "1 / 0",
    "raises-after-adding": "response.add(b'x-a', b'b'); 1 / 0",
    "exits": "sys.exit(1)",
    "splits": "response.add(b'x-a', b'b\\r\\nset-cookie: c')",
    "frames": "response.add(b'content-length', b'5')",
    "ends-the-head": "response.head += b'\\r\\n'",
    "cuts-the-head": "response.head = b''",
    "returns": "return 5",
}


@pytest.mark.parametrize("defect", OUTBOUND_DEFECTS)
@pytest.mark.parametrize("path", ["/api/x", "/none"])
async def test_a_defect_on_the_way_out_is_a_problem_with_all_other_headers(
    cinema: Cinema, caller: Caller, defect: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    cinema.write(f"@outbound\ndef bad(request, response): {OUTBOUND_DEFECTS[defect]}\n")
    cinema.write("@outbound\ndef good(request, response): response.add(b'x-good', b'yes')\n", "second.py")
    with caplog.at_level(logging.CRITICAL, "matinee.gateway"):
        for _ in range(2):
            reply = await caller.ask(get(path))
            assert (reply.status, reply.headers["x-good"]) == (500, "yes")
            assert reply.headers["x-request-id"].startswith("req_")
            assert "content-security-policy" in reply.headers
            assert reply.headers.get("set-cookie") is None
    assert cinema.figures("bad").failures == 2


async def test_one_that_fails_at_the_end_costs_nothing(
    cinema: Cinema, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    cinema.write("@finished\ndef bad(request): sys.exit(1)\n")
    with caplog.at_level(logging.CRITICAL, "matinee.gateway"):
        assert [(await caller.ask(get())).status for _ in range(2)] == [200, 200]
    assert cinema.figures("bad").failures == 2
    assert cinema.house.counted(route="api") == 2


async def test_one_that_takes_too_long_is_given_up(cinema: Cinema, caller: Caller) -> None:
    cinema.write("""
        @inbound(time_s=0.05)
        async def slow(request):
            await asyncio.sleep(30)
    """)
    reply = await caller.ask(get())
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert b'"type":"filter-busy"' in reply.body
    cinema.house.chain.switch("slow", Switch(time_s=0.1))
    assert (await caller.ask(get())).status == 503
    assert cinema.figures("slow").failures == 2


async def test_only_so_many_wait_in_it(cinema: Cinema) -> None:
    cinema.write("""
        @inbound(at_once=2, time_s=5)
        async def slow(request):
            await waits[0].wait()

        waits = [asyncio.Event()]
    """)
    stage: Any = next(each for each in cinema.house.chain.inbound if each.name == "slow")
    callers = [await Caller.to(cinema.house.port) for _ in range(5)]
    try:
        asked = [asyncio.create_task(caller.ask(get())) for caller in callers]
        refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        async with asyncio.timeout(5):
            while sum(task.done() for task in asked) < 3:
                await asyncio.sleep(0.005)
        assert stage.waiting == 2
        stage._filter.__globals__["waits"][0].set()
        statuses = sorted([(await task).status for task in asked])
        assert statuses == [200, 200, 503, 503, 503]
        assert refused
        assert stage.waiting == 0
    finally:
        for caller in callers:
            await caller.close()


async def test_a_client_that_leaves_frees_its_place(cinema: Cinema) -> None:
    cinema.write("""
        @inbound(time_s=5)
        async def slow(request):
            await asyncio.sleep(5)
    """)
    stage: Any = next(each for each in cinema.house.chain.inbound if each.name == "slow")
    caller = await Caller.to(cinema.house.port)
    caller.send(get())
    async with asyncio.timeout(5):
        while not stage.waiting:
            await asyncio.sleep(0.005)
        await caller.close()
        while stage.waiting:
            await asyncio.sleep(0.005)
    assert stage.failures == 0


# ---- on, off, for some, while requests pass


async def test_a_share_is_the_same_members_each_time(cinema: Cinema, caller: Caller) -> None:
    cinema.write("@outbound\ndef some(request, response): response.add(b'x-some', b'yes')\n")
    for percent in (0.0, 20.0, 50.0, 80.0, 100.0):
        cinema.house.chain.switch("some", Switch(percent=percent))
        inside = [
            "x-some" in (await caller.ask(get(Cookie="matinee_session=good", Origin="http://localhost"))).headers
            for _ in range(5)
        ]
        assert set(inside) == {in_share(percent, "some", "acc_1")}, percent


async def test_switching_and_rewriting_under_load_costs_nobody_anything(cinema: Cinema) -> None:
    code = """
        @inbound
        async def waits(request):
            await asyncio.sleep(0)

        @outbound
        def name(request, response):
            response.add(b"x-version", b"VERSION")
    """
    cinema.write(code)
    over, answered = asyncio.Event(), 0

    async def hammer() -> None:
        nonlocal answered
        caller = await Caller.to(cinema.house.port)
        while not over.is_set():
            assert (await caller.ask(get())).status == 200
            answered += 1
        await caller.close()

    async def once() -> str | None:
        caller = await Caller.to(cinema.house.port)
        reply = await caller.ask(get())
        await caller.close()
        return reply.headers.get("x-version")

    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(hammer())
        for version in range(40):
            cinema.house.chain.switch("waits", Switch(on=version % 2 == 0))
            cinema.write(code.replace("VERSION", f"{version:04}"))
            assert await once() == f"{version:04}"
            cinema.house.chain.switch("name", Switch(on=False))
            assert await once() is None
            cinema.house.chain.switch("name", None)
        over.set()
    assert answered > 50
