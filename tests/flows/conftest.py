"""The edge APIs over real services on embedded engines in a temporary folder, behind a small front door."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import obstore
import pytest
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct
from pwdlib.hashers.argon2 import Argon2Hasher

from matinee.api.app import create
from matinee.api.clients import Clients
from matinee.api.route_tables import RouteTables
from matinee.api.trust import Trust
from matinee.api.viewer import Gate
from matinee.backends.cache.open import open as open_cache
from matinee.backends.log.open import open as open_log
from matinee.backends.log.port import Log
from matinee.backends.objects.open import open as open_objects
from matinee.backends.sql.open import open as open_database
from matinee.events.collect import Collector
from matinee.events.contract import Events
from matinee.ingest.contract import (
    Ingest,
)
from matinee.ingest.limits import Limits
from matinee.ingest.service import Service as IngestService
from matinee.runtime.errors import MatineeError, Unavailable
from matinee.runtime.ids import ENCODE, IMAGE, JOB, Ids
from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.runtime.rpc.operation import Operation
from matinee.runtime.signing import Keyring, Verifier
from matinee.services.accounts import contract as accounts
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.service import Service as AccountsService
from matinee.services.billing import contract as billing
from matinee.services.billing.open import open as open_processor
from matinee.services.billing.open import open_provider
from matinee.services.billing.service import Service as BillingService
from matinee.services.catalog import contract as catalog
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.fill.contract import Fill
from matinee.services.fill.service import Service as FillService
from matinee.services.history.contract import History
from matinee.services.history.open import open as open_history
from matinee.services.history.service import Service as HistoryService
from matinee.services.jobs.contract import Jobs
from matinee.services.jobs.service import Service as JobsService
from matinee.services.metrics.contract import Metrics
from matinee.services.metrics.open import open as open_metrics
from matinee.services.metrics.service import Service as MetricsService
from matinee.services.playback.contract import Playback
from matinee.services.playback.masters import Masters
from matinee.services.playback.service import Service as PlaybackService
from matinee.services.registry.contract import Properties, Registry
from matinee.services.registry.properties import PropertyService
from matinee.services.registry.service import Service as RegistryService
from matinee.services.search.contract import Document, Documents, Search
from matinee.services.search.open import open as open_search
from matinee.services.search.service import Service as SearchService
from matinee.services.steering.contract import Report, Steering
from matinee.services.steering.service import Service as SteeringService
from matinee.services.traffic.contract import Traffic
from matinee.services.traffic.service import Service as TrafficService
from matinee.terms.artwork import Poster
from matinee.terms.encode import Encode, File
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.rendition import Role as Purpose
from matinee.terms.standard_routes import STANDARD
from matinee.terms.title import Metadata, Title
from matinee.terms.viewer import Role

PASSWORD = "correct horse"
RENDITIONS = [
    Rendition(
        "v720", Track.VIDEO, "v720", "avc1.64001f", 3_000_000, 2_400_000, width=1280, height=720, frame_rate="24"
    ),
    Rendition("v360", Track.VIDEO, "v360", "avc1.64001e", 800_000, 600_000, width=640, height=360, frame_rate="24"),
    Rendition(
        "a-en", Track.AUDIO, "a-en", "mp4a.40.2", 130_000, 128_000, "en", "English", channels=2, sample_rate=48000
    ),
    Rendition(
        "a-de", Track.AUDIO, "a-de", "mp4a.40.2", 130_000, 128_000, "de", "Deutsch", channels=2, sample_rate=48000
    ),
    Rendition("t-en", Track.TEXT, "t-en", "wvtt", 500, 300, "en", "English"),
    Rendition("t-fr", Track.TEXT, "t-fr", "wvtt", 500, 300, "fr", "Français (forced)", role=Purpose.FORCED),
]


class HandClock:
    """Calendar time that the test moves; the rest moves with it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, by: timedelta) -> datetime:
        self.at += by
        return self.at


class Breakable:
    """A channel that a test can break: the service then answers nothing."""

    def __init__(self, service: object) -> None:
        self._channel = LocalChannel(service)
        self.broken = False

    async def call(self, operation: Operation, message: Any) -> Any:
        if self.broken:
            raise Unavailable(f"{operation.service} is broken")
        return await self._channel.call(operation, message)


class FrontDoor:
    """What the gateway does to a request: swaps the login for a passport and signs where the request is from."""

    def __init__(self, app: ASGIApp, desk: accounts.Accounts, keys: Keyring, clock: HandClock) -> None:
        self._app, self._accounts, self._keys, self._clock = app, desk, keys, clock
        self.territory, self.address, self.scheme = "DE", "127.0.0.1", "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        kept = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-matinee-")]
        origin = {"territory": self.territory, "address": self.address, "scheme": self.scheme}
        until = int((self._clock.now() + timedelta(seconds=60)).timestamp())
        signed = self._keys.sign({**origin, "host": headers["host"], "exp": until})
        kept.append((b"x-matinee-origin", signed.encode()))
        if token := _token(headers):
            try:
                passport = await self._accounts.passport(accounts.ByToken(token))
                kept.append((b"x-matinee-passport", passport.jwt.encode()))
            except MatineeError:
                pass
        await self._app({**scope, "headers": kept}, receive, send)


def _token(headers: dict[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return "" if token.count(".") == 2 else token
    cookies = dict(pair.strip().split("=", 1) for pair in headers.get("cookie", "").split(";") if "=" in pair)
    return cookies.get("matinee_session", "")


class Member(Struct):
    """A login, its profile and a client that sends its token."""

    account_id: str
    profile_id: str
    token: str
    http: httpx.AsyncClient


class House:
    """One installation, and shortcuts to fill it."""

    def __init__(
        self, app: Litestar, clients: Clients, channels: dict[str, Breakable], door: FrontDoor, log: Log
    ) -> None:
        self.app, self.clients, self.channels, self.door, self.log = app, clients, channels, door, log
        self.clock: HandClock = clients.clock  # type: ignore[assignment]
        self.appliances: dict[str, Keyring] = {}
        self._clients: list[httpx.AsyncClient] = []

    def http(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.door, raise_app_exceptions=False)  # type: ignore[arg-type]
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost:8080", headers=headers)
        self._clients.append(client)
        return client

    async def member(
        self,
        email: str = "ada@example.org",
        *,
        roles: frozenset[Role] = frozenset(),
        plays: bool = True,
        chosen: bool = True,
    ) -> Member:
        made = await self.clients.accounts.create_account(accounts.CreateAccount(email, PASSWORD, "Ada", roles, "DE"))
        if plays:
            await self.clients.billing.complimentary(billing.Complimentary(made.account.id, "standard"))
        opened = await self.clients.accounts.log_in(accounts.LogIn(email, PASSWORD, "test"))
        profile_id = made.profiles[0].id
        if chosen:
            bound = accounts.BindProfile(made.account.id, opened.login.id, profile_id)
            await self.clients.accounts.bind_profile(bound)
        return Member(made.account.id, profile_id, opened.token, self.http(opened.token))

    async def editor(self) -> Member:
        return await self.member("editor@example.org", roles=frozenset({Role.EDITOR}))

    async def title(self, name: str = "Metropolis", *, published: bool = True, **about: Any) -> Title:
        """A title with an encode of two hours and a poster, in the index too."""
        self.clock.advance(timedelta(milliseconds=10))
        ids = Ids(self.clock)
        metadata = Metadata(name, year=1927, **{"maturity": Maturity.ALL, "genres": ["Drama"], **about})
        made = await self.clients.catalog.create(catalog.CreateTitle(ids.new(JOB), metadata))
        file = File("v720/init.mp4", 3, hashlib.sha256(b"abc").hexdigest())
        encode = Encode(ids.new(ENCODE), 7_200_000, 4000, "signed", RENDITIONS, [file], self.clock.now())
        poster = Poster(ids.new(IMAGE), 640, 960, [320, 640])
        for width in poster.widths:
            await obstore.put_async(self.clients.objects, f"images/{poster.id}/{width}.jpg", f"jpeg {width}".encode())
        title = await self.clients.catalog.attach(catalog.Attach(made.id, encode, poster))
        if published:
            title = await self.clients.catalog.publish(catalog.ByTitle(made.id))
            maturity, genres = title.metadata.maturity, title.metadata.genres
            document = Document(title.id, title.revision, name, "", 1927, genres, maturity, [])
            await self.clients.search.index(Documents([document]))
        return title

    async def appliance(self, name: str = "cdn-a", port: int = 8081, **about: Any) -> None:
        report = {"load": 0.0, "healthy": True, "encodes": [], "bytes_served": 0, "origin_bytes": 0, **about}
        known = {"appliance_id": name, "url": f"http://{{host}}:{port}", "zone": "a", "boot": "1", "version": "1"}
        await self.clients.steering.report(msgspec.convert({**known, **report}, Report))

    async def logged(self, topic: str) -> list[str]:
        """The types of the events that stand in the log."""
        reader = await self.log.reader(topic, "test")
        entries = await reader.poll(100, 1.0)
        await reader.close()
        return [msgspec.json.decode(entry.record.value)["type"] for entry in entries]

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = HandClock()
    ids = Ids(clock)
    passports, origins, media = (Keyring.load(tmp_path / f"{name}.json") for name in ("accounts", "gateway", "media"))
    names = ("accounts", "billing", "catalog", "playback", "fill", "jobs", "registry", "traffic")
    databases = {
        name: open_database(f"sqlite:///{tmp_path}/{name}.db", migrations=f"matinee.services.{name}") for name in names
    }
    history, metrics = (
        open_history(f"sqlite:///{tmp_path}/history.db"),
        open_metrics(f"sqlite:///{tmp_path}/metrics.db"),
    )
    index = open_search(f"tantivy://{tmp_path}/index")
    databases["ingest"] = open_database(f"sqlite:///{tmp_path}/ingest.db", migrations="matinee.ingest")
    log, objects = open_log(f"file://{tmp_path}/log"), open_objects(f"file://{tmp_path}/objects")
    processor = open_processor("simulated:", databases["billing"], clock, ids, b"s" * 32)
    bill = BillingService(databases["billing"], clock, ids, processor)

    async def send(body: bytes, signature: str) -> None:
        await bill.webhook(billing.Webhook(processor.name, body, signature))

    jobs = JobsService(databases["jobs"], clock, ids)
    shelf = CatalogService(databases["catalog"], clock, ids)
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    services: dict[str, object] = {
        "accounts": AccountsService(databases["accounts"], clock, ids, passports, passwords),
        "billing": bill,
        "catalog": shelf,
        "search": SearchService(index),
        "history": HistoryService(history, log, clock, ids),
        "metrics": MetricsService(metrics, clock),
        "playback": PlaybackService(databases["playback"], clock, ids, [b"k" * 32], Masters([b"m" * 32])),
        "steering": SteeringService(clock, media),
        "fill": FillService(databases["fill"]),
        "jobs": jobs,
        "registry": RegistryService(databases["registry"], clock),
        "properties": PropertyService(databases["registry"], clock),
        "traffic": TrafficService(databases["traffic"], clock),
        "ingest": IngestService(databases["ingest"], objects, jobs, shelf, clock, ids, Limits()),
        "events": Collector(log, clock),
    }
    channels = {name: Breakable(service) for name, service in services.items()}
    clients = Clients(
        accounts=connect(accounts.Accounts, channels["accounts"]),
        billing=connect(billing.Billing, channels["billing"]),
        catalog=connect(catalog.Catalog, channels["catalog"]),
        search=connect(Search, channels["search"]),
        history=connect(History, channels["history"]),
        metrics=connect(Metrics, channels["metrics"]),
        playback=connect(Playback, channels["playback"]),
        steering=connect(Steering, channels["steering"]),
        fill=connect(Fill, channels["fill"]),
        jobs=connect(Jobs, channels["jobs"]),
        registry=connect(Registry, channels["registry"]),
        properties=connect(Properties, channels["properties"]),
        traffic=connect(Traffic, channels["traffic"]),
        routes=RouteTables(
            connect(Properties, channels["properties"]), connect(Registry, channels["registry"]), lambda: STANDARD
        ),
        ingest=connect(Ingest, channels["ingest"]),
        events=connect(Events, channels["events"]),
        objects=objects,
        cache=open_cache("memory:"),
        clock=clock,
        provider=open_provider(processor, databases["billing"], clock, b"s" * 32, send),
        advance=clock.advance,
    )
    appliance = Keyring.load(tmp_path / "cdn-a.json")
    gate = Gate(
        passports=Trust(lambda: _given(passports.jwks()), clock),
        origins=Trust(lambda: _given(origins.jwks()), clock),
        appliances={"cdn-a": Verifier(appliance.jwks())},
        clock=clock,
    )
    app = create(clients, gate)
    made = House(app, clients, channels, FrontDoor(app, clients.accounts, origins, clock), log)
    made.appliances["cdn-a"] = appliance
    yield made
    await made.close()
    for database in databases.values():
        await database.close()
    await history.close()
    await metrics.close()
    await index.close()
    await log.close()
    passwords.close()


async def _given(value: str) -> str:
    return value
