"""What members notice of two zones when something is killed, frozen, slow, refuses, breaks off, talks nonsense, or is restarted.

`FAULTS=all` has three APIs a zone, makes every phase long, restarts everything one after the other, and writes its table into
docs/reference/faults.md.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fault_proxy import FaultProxy, Mode
from fault_table import BEFORE_S, Row, row, text, write
from house import eventually
from town import Town, lost

from matinee.app.balancer.engine import choose
from matinee.runtime.errors import Unavailable

log = logging.getLogger(__name__)

WHOLE = os.environ.get("FAULTS") == "all"
APIS, RATE = (3, 40) if WHOLE else (2, 24)
CALM_S = 5.0 if WHOLE else 1.0
TABLE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"


def has_haproxy() -> bool:
    try:
        choose("haproxy")
    except Unavailable:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_haproxy(), reason="haproxy is not installed")


class Fault(NamedTuple):
    """Something that goes wrong for `lasts_s` (in the whole table for `long_s`), and what the system or an operator then does.

    At most `errors` of those members see who know both addresses, and none of them later than `over_s` from its begin. Lateness
    has no bound: it is the machine's as much as ours.
    """

    name: str
    begin: Callable[[], object]
    end: Callable[[], object]
    errors: int
    lasts_s: float = 2.0
    long_s: float = 10.0
    over_s: float = 15.0


class Trial:
    """Lets a town suffer, and writes down what its members saw."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.rows: list[Row] = []

    def suffer(self, fault: Fault) -> None:
        audience = self.town.audience
        began = time.monotonic()
        fault.begin()
        pass_until(began + (fault.long_s if WHOLE else fault.lasts_s))
        fault.end()
        ended = time.monotonic()
        eventually(self.town.is_whole, 60)
        whole = time.monotonic()
        try:
            self.calm(ended)
        finally:
            wrong = Counter(
                f"{each.kind}: {each.wrong}" for each in audience.seen(began) if each.failed and not each.alone
            )
            for what, times in wrong.most_common(20):
                log.info("%s, %d times: %s", fault.name, times, what)
        self.rows.append(row(fault.name, audience.seen(began - BEFORE_S), began, ended, whole))
        log.info(text(self.rows[-1:]).splitlines()[-1])

    def calm(self, since: float) -> None:
        """Returns once nothing has failed for a while, nobody waits, and (in a machine that is not too busy) nobody is late."""
        eventually(lambda: self._calm(since, late=False), 60)
        with contextlib.suppress(AssertionError):
            eventually(lambda: self._calm(since, late=True), 20)

    def _calm(self, since: float, *, late: bool) -> bool:
        until = time.monotonic() - 0.3
        bad = [each.due for each in self.town.audience.seen(since) if (each.bad if late else each.failed)]
        return not self.town.audience.waits(until) and until - max([since, *bad]) >= CALM_S


def pass_until(moment: float) -> None:
    while time.monotonic() < moment:
        time.sleep(0.02)


@pytest.fixture
def town() -> Iterator[Town]:
    built = Town(APIS, RATE)
    try:
        log.info("%d processes worked after %.1f s", len(built.fleet.spots) + 2, built.open())
        yield built
    finally:
        built.close()


def proxied(town: Town) -> Iterator[Fault]:
    """One of the APIs does wrong. Health checks pass: only answers to members tell. A GET is asked of another one, and so is
    whatever could not be sent; what was sent by POST may have been done and is an error. After five failures in a row each of
    the zone's two gateways leaves the server out, and asks it once more when a check has passed: 12 requests at most.
    """

    def turn(proxy: FaultProxy, mode: Mode) -> Callable[[], object]:
        return lambda: town.audience.run(proxy.turn(mode))

    most = {
        Mode.SLOW: 0,  # who waits gets an answer, late
        Mode.REFUSE: 2,  # what was under way on its connections
        Mode.RESET_HEAD: 6,  # half of twelve: a third of all requests are POSTs
        Mode.RESET_CONTENT: 12,  # an answer that has begun cannot be taken back
        Mode.GARBAGE: 6,  # as in the head
    }
    for mode, proxy in town.proxies.items():
        yield Fault(f"an API {mode}", turn(proxy, mode), turn(proxy, Mode.PASS), most[mode])


def processes(town: Town) -> Iterator[Fault]:
    """One process dies or stands still. What it had under way is lost where that is POST; a request takes some 20 ms, so that is
    one or two at this rate, a few in a busy machine."""
    fleet = town.fleet

    def send(name: str, number: signal.Signals) -> Callable[[], object]:
        return lambda: fleet.running[name].send_signal(number)

    def killed(name: str, errors: int) -> Fault:
        return Fault(f"{kind(name)} is killed", lambda: fleet.strike(name), lambda: fleet.begin(name), errors, 0.2, 0.2)

    def frozen(name: str, errors: int, lasts_s: float) -> Fault:
        sent = send(name, signal.SIGSTOP), send(name, signal.SIGCONT)
        return Fault(f"{kind(name)} is frozen", *sent, errors, lasts_s, 12.0)

    yield killed("api-b1", 3)
    yield frozen("api-b2", 2, 6.0)  # GETs go elsewhere, POSTs wait until it thaws
    yield killed("gateway-a1", 5)  # an answer that has begun breaks off, too
    yield frozen("gateway-b1", 2, 4.0)  # who had asked before that was noticed waits until it thaws
    yield killed("balancer-a", 5)  # all of a zone's requests go through it


def kind(name: str) -> str:
    word = name.partition("-")[0].replace("api", "API")
    return f"{'an' if word == 'API' else 'a'} {word}"


def everything(town: Town) -> Iterator[Fault]:
    """Much goes away at once. Nobody needs the registry to work; a zone that dies takes what it had under way along, and within 5 s
    from its death, whatever else is slow, all who know the other's address are there; a restart loses nothing."""
    fleet = town.fleet

    def strike(*names: str) -> Callable[[], object]:
        return lambda: fleet.strike(*names)

    def start(*names: str) -> Callable[[], object]:
        return lambda: [town.start(name) for name in names]

    yield Fault("the registry is dead", strike("registry"), start("registry"), 0, 3)
    zone = [name for name, spot in fleet.spots.items() if spot.zone == "b"]
    yield Fault("a whole zone is dead", strike(*zone), start(*reversed(zone)), 8, over_s=5)
    order = [name for kind in ("balancer", "gateway", "api") for name in fleet.spots if name.startswith(kind)]
    if not WHOLE:
        order = ["balancer-a", "gateway-a2"]  # test_fleet restarts gateways and APIs, too
    yield Fault("all are restarted", lambda: [fleet.restart(name) for name in order], lambda: None, 0, 0, 0)


@pytest.mark.timeout(1200 if WHOLE else 300)
def test_members_notice_little_and_nothing_that_was_acknowledged_is_lost(town: Town) -> None:
    trial = Trial(town)
    pass_until(time.monotonic() + 2)
    faults: list[Fault] = []
    for each in proxied(town):
        trial.suffer(each)
        faults.append(each)
    town.release()
    for each in (*processes(town), *everything(town)):
        trial.suffer(each)
        faults.append(each)
    log.info("what members saw:\n%s", text(trial.rows))
    if WHOLE:
        write(TABLE, trial.rows)
    for fault, seen in zip(faults, trial.rows, strict=True):
        assert seen.errors <= fault.errors, seen
        assert seen.failed_s <= (fault.over_s if fault.errors else 0), seen
    town.audience.leave()
    assert [town.audience.run(lost(person)) for person in town.people] == [""] * len(town.people)
