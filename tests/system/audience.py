"""Members who ask at a steady rate, whatever becomes of it, and what they saw of a house."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self, TypeVar

from house import DEVICE, eventually

from matinee.runtime.errors import MatineeError, Unavailable
from matinee.runtime.http1 import Client, Response

T = TypeVar("T")

LATE_S = 1.0
"""Whoever waits longer notices."""

PATIENCE_S = 20.0
WAYS = (
    "session home title search play beat title search beat session home beat title session beat stop".split()
)  # what a member does, over and over
UNSAFE = frozenset({"play"})
"""A POST that nobody between may send a second time."""


class Seen(NamedTuple):
    """One request: when it was due (monotonic), the seconds from then to its end, and what was wrong with its answer."""

    due: float
    took_s: float
    kind: str
    alone: bool
    wrong: str

    @property
    def shed(self) -> bool:
        """He was told to come again in a moment: there was more to do than could be borne."""
        return any(slug in self.wrong for slug in ('"origin-busy"', '"overloaded"', "within its deadline"))

    @property
    def failed(self) -> bool:
        return bool(self.wrong) and not self.shed

    @property
    def late(self) -> bool:
        return not self.wrong and self.took_s > LATE_S

    @property
    def bad(self) -> bool:
        return bool(self.wrong) or self.late


class Person:
    """Someone logged in, on one device. `urls` are the addresses that the house's name has for him: he goes on to the next where
    one takes no connection, as browsers do. What was acknowledged to him is in `session_id`, `stopped_id` (the last playback that
    he ended) and `position_s`."""

    def __init__(self, token: str, title_id: str, urls: Sequence[str]) -> None:
        self.title_id = title_id
        self.session_id = self.stopped_id = ""
        self.position_s = 0.0
        self.alone = len(urls) == 1
        self._asked_s = 0.0
        self._starting = False
        self._clients = [Client(url) for url in urls]
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._ways = itertools.cycle(WAYS)

    async def next(self, due: float) -> Seen:
        """The next thing that he does. Who watches nothing has nothing to tell, and who waits for a film begins no other."""
        kind = next(self._ways)
        if (kind in {"beat", "stop"} and not self.session_id) or (kind == "play" and self._starting):
            kind = "session"
        starting, session = self._starting, self.session_id
        try:
            answer = await self._do(kind)
            wrong = "" if answer.status < 400 else f"{answer.status} {answer.body[:200]!r}"
            if kind == "beat" and answer.status == 404 and (starting or self._starting or session != self.session_id):
                wrong = ""  # he has stopped it meanwhile or begun anew, and one overtook the other
        except MatineeError as error:
            wrong = str(error)
        return Seen(due, time.monotonic() - due, kind, self.alone, wrong)

    async def _do(self, kind: str) -> Response:
        if kind == "play":
            return await self._play()
        if kind == "beat":
            return await self.beat()
        if kind == "stop":
            return await self._stop()
        paths = {
            "session": "/api/session",
            "home": "/api/discovery/home",
            "title": f"/api/discovery/titles/{self.title_id}",
            "search": "/api/discovery/search?q=lantern",
        }
        return await self.ask("GET", paths[kind])

    async def _play(self) -> Response:
        self._starting = True
        self.session_id = ""  # whatever comes of it, the one before may have ended
        try:
            answer = await self.ask("POST", f"/api/play/{self.title_id}", {"device": DEVICE})
        finally:
            self._starting = False
        if answer.status == 201:
            self.session_id = json.loads(answer.body)["session_id"]
        return answer

    async def _stop(self) -> Response:
        session, self.session_id = self.session_id, ""
        answer = await self.ask("DELETE", f"/api/play/sessions/{session}")
        if answer.status == 204:
            self.stopped_id = session
        return answer

    async def beat(self, session_id: str = "") -> Response:
        """Tells where he is in what he watches, or in this."""
        self._asked_s += 1
        position_s, now = self._asked_s, datetime.now(UTC).isoformat()
        body = {"position_s": position_s, "state": "playing", "at": now}
        answer = await self.ask("POST", f"/api/play/sessions/{session_id or self.session_id}/heartbeat", body)
        if answer.status == 204:
            self.position_s = max(self.position_s, position_s)
        return answer

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Response:
        """Raises what the client does when no address takes a connection, or the answer breaks off."""
        sent = json.dumps(body).encode() if body is not None else b""
        for client in self._clients[:-1]:
            try:
                return await client.request(method, path, self._headers, sent, PATIENCE_S)
            except Unavailable as away:
                if not isinstance(away.__cause__, OSError):
                    raise
        return await self._clients[-1].request(method, path, self._headers, sent, PATIENCE_S)

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


class Audience:
    """A thread in which people ask in turn, `rate` requests a second in all, each due at its time."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._people: list[Person] = []
        self._seen: list[Seen] = []
        self._under_way: dict[asyncio.Task[None], float] = {}
        self._beside: list[asyncio.Task[None]] = []
        self._at_last: list[Callable[[], Awaitable[None]]] = []
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="audience")

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def leave(self) -> None:
        """Nobody asks any more; returns when all that was asked is over."""
        self._leave()
        eventually(lambda: not self._under_way, PATIENCE_S + 5)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs it in their thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def beside(self, work: Coroutine[Any, Any, None]) -> Callable[[], None]:
        """Runs it in their thread until they go, or what is given back is called."""

        async def start() -> asyncio.Task[None]:
            return asyncio.create_task(work)

        task = self.run(start())
        self._beside.append(task)
        return lambda: self._loop.call_soon_threadsafe(task.cancel) and None

    def at_last(self, step: Callable[[], Awaitable[None]]) -> None:
        """A step in their thread when they go."""
        self._at_last.append(step)

    def come(self, people: Sequence[Person]) -> None:
        """From now on these ask."""
        self._people = list(people)
        self._leave = self.beside(self._ask())

    def seen(self, since: float, until: float = float("inf")) -> list[Seen]:
        """What was due between these moments and is over."""
        return [each for each in list(self._seen) if since <= each.due < until]

    def waits(self, until: float) -> bool:
        """Whether anybody still waits for what was due before this moment."""
        return any(due < until for due in list(self._under_way.values()))

    async def _live(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._stopping.wait()
        tasks = [*self._beside, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in (*self._at_last, *(person.close for person in self._people)):
            await close()

    async def _ask(self) -> None:
        began = time.monotonic()
        for number, person in enumerate(itertools.cycle(self._people)):
            due = began + number / self._rate
            await asyncio.sleep(due - time.monotonic())
            task = asyncio.create_task(self._one(person, due))
            self._under_way[task] = due
            task.add_done_callback(self._under_way.pop)

    async def _one(self, person: Person, due: float) -> None:
        self._seen.append(await person.next(due))
