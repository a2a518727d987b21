"""Two zones, each a balancer, gateways and APIs on an address of its own, before one registry and one core; and members."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import NamedTuple

import httpx
from audience import Audience, Person
from fault_proxy import FaultProxy, Mode
from fleet import SHARED, Fleet, Spot
from house import eventually

from matinee.app.first import Person as Account
from matinee.app.first import open_account
from matinee.app.home import Home
from matinee.app.process import Process
from matinee.app.ready import wait_ready
from matinee.config import read
from matinee.runtime.errors import MatineeError
from matinee.services.accounts.contract import Accounts, BindProfile, LogIn
from matinee.services.catalog.contract import Attach, ByTitle, Catalog, CreateTitle
from matinee.services.registry.contract import ByInstance, Instance, InstanceState, Mark, Registry
from matinee.services.steering.contract import Report, Steering
from matinee.terms.encode import Encode
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.title import Metadata

HOSTS = {"a": "127.0.1.1", "b": "127.0.2.1"}
GATEWAYS, PEOPLE = 2, 8
PASSWORD = "a long enough password"
PICTURE = Rendition(
    "v720", Track.VIDEO, "v720", "avc1.640028", 2_800_000, 2_800_000, width=1280, height=720, frame_rate="24", segments=1800
)  # fmt: skip


def spots(apis: int) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for zone, host in HOSTS.items():
        found[f"balancer-{zone}"] = Spot(zone, host)
        found |= {f"gateway-{zone}{number + 1}": Spot(zone, host) for number in range(GATEWAYS)}
        found |= {f"api-{zone}{number + 1}": Spot(zone, host, f"{host}:0") for number in range(apis)}
    return found


class Town:
    """The house, its members, and the proxies before the last API of zone a: one for each thing that goes wrong there, since who
    was left out has little to do for a while."""

    def __init__(self, apis: int, rate: float) -> None:
        self.fleet = Fleet(spots(apis), drain_s=3, MATINEE_GATEWAY_TRUSTED_PROXIES="127.0.0.0/8")
        self.audience = Audience(rate)
        self.people: list[Person] = []
        self.proxies: dict[Mode, FaultProxy] = {}
        self._proxied = f"api-a{apis}"
        self._stand_ins: dict[str, Callable[[], None]] = {}

    def open(self) -> float:
        """Seconds until everything worked."""
        began, fleet = time.monotonic(), self.fleet
        self.audience.__enter__()
        fleet.home.parent.mkdir(exist_ok=True)
        for name in (*SHARED, *self._apis):
            fleet.begin(name, "push", "traffic")
        eventually(lambda: fleet.states() == dict.fromkeys(self._apis, InstanceState.UP), 60)
        asyncio.run(wait_ready(Home(fleet.home), ["core"]))
        self._process = Process("town", Home(fleet.home), read(fleet.home), {})
        self.audience.at_last(self._process.close)
        self._stand_in()  # before the gateways: to them none of the APIs is new among the others
        for name in self.doors:
            fleet.begin(name)
        titles, tokens = self.audience.run(stage(self._process))
        self.people = [person(fleet, *each) for each in enumerate(zip(tokens, titles, strict=True))]
        self.audience.beside(appliance(self._process))
        eventually(self.is_whole, 60)
        self.audience.come(self.people)
        return time.monotonic() - began

    def close(self) -> None:
        self.audience.__exit__()
        self.fleet.close()

    @property
    def doors(self) -> list[str]:
        return [name for name in self.fleet.spots if not name.startswith("api")]

    @property
    def _apis(self) -> list[str]:
        return [name for name in self.fleet.spots if name.startswith("api")]

    def is_whole(self) -> bool:
        """Whether every process works."""
        up = {name for name, state in self.fleet.states().items() if state is InstanceState.UP}
        proxied = {self._proxied} if self._stand_ins else set[str]()
        return {*self.fleet.registered} - proxied <= up and all(map(self.answers, self.doors))

    def start(self, name: str) -> None:
        """A process that had died; returns when it works."""
        if name in self.doors:
            self.fleet.begin(name)
            eventually(lambda: self.answers(name))
        elif name in self.fleet.registered:
            since = self.fleet.instances()[name].since
            self.fleet.begin(name)
            eventually(lambda: self.fleet.instances()[name].since != since)
        else:
            self.fleet.begin(name)

    def answers(self, door: str) -> bool:
        return httpx.get(f"{self.fleet.urls[door]}/api/signup/plans", timeout=2).status_code == 200

    def release(self) -> None:
        """From now on the API behind the proxies stands for itself."""
        registry = self._process.client(Registry)
        for instance_id, stop in self._stand_ins.items():
            stop()
            self.audience.run(registry.leave(ByInstance(instance_id)))
        self._stand_ins.clear()
        self.audience.run(registry.mark(Mark(self.fleet.instances()[self._proxied].id, None)))
        eventually(self.is_whole)

    def _stand_in(self) -> None:
        direct = self.fleet.instances()[self._proxied]
        host, _, port = direct.url.removeprefix("http://").partition(":")
        for mode in Mode:
            if mode is Mode.PASS:
                continue
            proxy = self.proxies[mode] = FaultProxy(host, int(port))
            self.audience.run(proxy.turn(Mode.PASS))
            self.audience.at_last(proxy.close)
            instance = Instance(f"{mode.name.lower()}.api", "api", proxy.url, "a")
            self._stand_ins[instance.id] = self.audience.beside(kept(self._process, instance))
        registry = self._process.client(Registry)
        self.audience.run(registry.mark(Mark(direct.id, InstanceState.DOWN)))
        eventually(lambda: len(self.fleet.states()) == len(self._apis) + len(self.proxies))


class Stage(NamedTuple):
    """What people need: titles to watch, and who they are."""

    titles: list[str]
    tokens: list[str]


async def stage(process: Process) -> Stage:
    titles = [await published(process, number) for number in range(PEOPLE)]
    return Stage(titles, [await logged_in(process, number) for number in range(PEOPLE)])


async def published(process: Process, number: int) -> str:
    catalog = process.client(Catalog)
    named = Metadata(f"Lantern {number}", "A film", 2001, ["Drama"], Maturity.ALL)
    title = await catalog.create(CreateTitle(f"faults-{number}", named))
    encode = Encode(f"enc_{number:032x}", 7_200_000, 4000, "signed", [PICTURE], [], process.clock.now())
    await catalog.attach(Attach(title.id, encode))
    await catalog.publish(ByTitle(title.id))
    return title.id


async def logged_in(process: Process, number: int) -> str:
    account = Account(f"member{number}@faults.example", PASSWORD, f"Member {number}")
    await open_account(process, account)
    accounts = process.client(Accounts)
    login = await accounts.log_in(LogIn(account.email, PASSWORD))
    await accounts.bind_profile(BindProfile(login.account.id, login.login.id, login.profiles[0].id))
    return login.token


def person(fleet: Fleet, number: int, needs: tuple[str, str]) -> Person:
    """One in four knows one zone's address alone."""
    urls = [fleet.urls[f"balancer-{zone}"] for zone in ("ab" if number % 2 else "ba")]
    return Person(*needs, urls[:1] if number % 8 in {0, 1} else urls)


async def appliance(process: Process) -> None:
    """One that can serve whatever is played."""
    report = Report("cdn-x", "http://{host}:1", "home", "boot", 0.1, True, [], 0, 0, "1")
    while True:
        with contextlib.suppress(MatineeError):
            await process.client(Steering).report(report)
        await asyncio.sleep(0.5)


async def kept(process: Process, instance: Instance) -> None:
    """An instance in the registry, as long as this runs."""
    while True:
        with contextlib.suppress(MatineeError):
            await process.client(Registry).register(instance)
        await asyncio.sleep(1)


async def lost(person: Person) -> str:
    """What of that which was acknowledged to him is not there; empty where all is."""
    about = json.loads((await person.ask("GET", f"/api/discovery/titles/{person.title_id}")).body)
    if about["resume_position_s"] < person.position_s:
        return f"he was at {person.position_s} s, and would resume at {about['resume_position_s']} s"
    if person.session_id and (await person.beat()).status != 204:
        return "his playback is not known"
    if person.stopped_id and (await person.beat(person.stopped_id)).status != 404:
        return "the playback that he ended goes on"
    return ""
