"""What a request costs at our gateway, beside nginx as a bare proxy, and Envoy and Zuul with like work.

A member's GET of 1 KiB through the standard chain: the passport from the cache, the member's rate, fifty routes of which it takes
the last, the less busy of two servers, headers, metrics, shedding, the trace. The gateways have a processor to themselves, and
what counts is how many requests each second of it brings; wrk and the servers behind share the other one. That the work is
done is looked at before.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from bench import gateway_peers as peers
from bench.edge import certificate
from bench.harness import CLIENT_CPU, Missing, Peer, Rounds, free_port, needed, per_cpu_second, pin, running
from bench.installation import Installation
from matinee.app.ready import wait_ready
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import MatineeError
from matinee.runtime.http1 import Client, Response
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.runtime.signing import Keyring
from matinee.services.registry.contract import Instance, Properties, Registry, SetProperty
from matinee.terms.routing import Match, Rate, Route, RouteTable
from matinee.terms.standard_routes import API, STANDARD

T = TypeVar("T")

ROUTES, CONNECTIONS, BEAT_S, AGAIN, WARM_REQUESTS = 50, 32, 3.0, 2, 30_000
OTHERS = ["accounts", "billing", "steering", "registry", "push", "traffic"]
TRACE = "a1b2c3d4" * 4
PARENT = f"00-{TRACE}-{'e5' * 8}-00"
SMALL, LARGE, ANY = "/api/x", "/api/large", "/api/any"
ONCE = Route("once", Match("/api/once"), to=API, rates=[Rate(0.001, burst=1)])
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Door(NamedTuple):
    """A gateway, by one of its ports. `works`: it does more than pass on."""

    name: str
    peer: Peer
    token: str
    works: bool = True
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port or self.peer.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "traceparent": PARENT}


class Spoiled(Exception):
    """Some answers were errors, or came never."""


class Told(NamedTuple):
    """What wrk says at its end."""

    requests: int
    p50_ms: float
    p99_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument(
        "--warm",
        type=float,
        default=15,
        help="seconds of load for Zuul before, up to three times where that was little",
    )
    parser.add_argument("--without", default="", help="peers left out: zuul,envoy")
    given = parser.parse_args()
    needed("wrk", "wrk")
    folder = Path(tempfile.mkdtemp(prefix="mb-"))
    folder.chmod(0o755)  # for nginx, whose worker is another user when root starts it
    rounds = Rounds()
    try:
        with doors(folder, given.without.split(",")) as found:
            for door in found.values():
                examine(door)
                warm(door, given.warm) if door.name == "zuul" else again(partial(wrk, door, 2))
            for number in range(given.rounds):
                measure(found, given.seconds, rounds, f"round {number + 1}:")
            kept = list(found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rounds.report("gateway", peers.versions(kept))


# ---- who is measured


@contextlib.contextmanager
def doors(folder: Path, without: Collection[str]) -> Generator[dict[str, Door]]:
    """All of them up, by name."""
    certificate(folder)
    pem, table = folder / "tls.pem", routes()
    servers, ports = peers.behind(folder)
    with running([servers]), house(folder, ports, table) as (front, token):
        keyring = Keyring.load(folder / "accounts.json")
        claims: dict[str, Any] = {"sub": "acc_1", "sid": "lgn_1", "pid": "prf_1", "roles": [], "mat": 18, "home": "DE"}
        passport = keyring.sign({**claims, "exp": int(SystemClock().real_now().timestamp()) + 86400})
        secure = over_tls(front, folder, pem)
        bare, bare_secure = peers.nginx(folder, ports, pem)
        started = [secure, bare]
        found = {
            "ours": Door("ours", front.peer, token),
            "nginx": Door("nginx", bare, token, works=False),
            "direct": Door("direct", servers, token, works=False),
            "tls_ours": Door("tls_ours", secure, token, scheme="https"),
            "tls_nginx": Door("tls_nginx", bare, token, works=False, port=bare_secure, scheme="https"),
        }
        others: dict[str, tuple[str, Callable[[], Peer]]] = {
            "envoy": (passport, lambda: peers.envoy(folder, ports, table, keyring)),
            "zuul": (token, lambda: peers.zuul(folder, ports, table, token, passport)),
        }
        for name, (shown, start) in others.items():
            if name in without:
                continue
            try:
                found[name] = Door(name, start(), shown)
                started.append(found[name].peer)
            except Missing as missing:
                print(missing, flush=True)
        with running([front.peer, *started]):
            yield found


def routes() -> RouteTable:
    """The standard ones and others of their kind; the last is the one whose requests are measured."""
    *first, last = STANDARD.routes
    rate = [Rate(1_000_000, burst=1_000_000)]
    parts = range(ROUTES - len(STANDARD.routes) - 1)
    more = [Route(f"part-{number:02}", Match(f"/api/part-{number:02}"), to=API) for number in parts]
    return RouteTable([*first[:-1], ONCE, *more, first[-1], msgspec.structs.replace(last, rates=rate)])


@contextlib.contextmanager
def house(folder: Path, ports: Sequence[int], table: RouteTable) -> Generator[tuple[Installation, str]]:
    """Our gateway, which knows of the servers and the routes; and the token of a member."""
    front = Installation(folder / "house", "serve", "gateway", "--name", "gateway", name="our gateway")
    command = [sys.executable, "-m", "matinee", "serve", *OTHERS, "--name", "others", "--home", str(front.home.path)]
    services = peers.beside(Peer("the services that our gateway asks", command, 0, folder / "others.log"))
    try:
        asyncio.run(wait_ready(front.home, ["others"]))
        channel = HttpChannel(f"unix:{front.home.socket('registry')}")
        asyncio.run(tell(channel, table))
        threading.Thread(target=lambda: asyncio.run(stay(front, ports)), daemon=True).start()
        print(f"Ours: serve gateway as it comes, {len(table.routes)} routes, of which requests take the last:")
        print(msgspec.json.encode(table.routes[-1]).decode(), flush=True)
        yield front, front.members(1)[0]
    finally:
        for peer in (front.peer, services):
            peer.stop()


async def tell(channel: HttpChannel, table: RouteTable) -> None:
    await connect(Properties, channel).set(SetProperty("gateway.routes", msgspec.to_builtins(table), "bench"))
    await channel.close()


async def stay(front: Installation, ports: Sequence[int]) -> None:
    """Keeps the servers known to the registry as long as it runs."""
    channel = HttpChannel(f"unix:{front.home.socket('registry')}")
    registry = connect(Registry, channel)
    while True:
        with contextlib.suppress(MatineeError):
            for number, port in enumerate(ports):
                await registry.register(Instance(f"api-{number}", API, f"http://127.0.0.1:{port}"))
        await asyncio.sleep(BEAT_S)


def over_tls(front: Installation, folder: Path, pem: Path) -> Peer:
    port = free_port()
    command = [sys.executable, "-m", "matinee", "serve", "gateway", "--name", "secure", "--home", str(front.home.path)]
    settings = {"MATINEE_GATEWAY_PORT": str(port), "MATINEE_GATEWAY_CERTIFICATE": str(pem)}
    return Peer("our gateway over TLS", command, port, folder / "secure.log", **settings)


# ---- whether they do it


def examine(door: Door, within_s: float = 20) -> None:
    """Raises RuntimeError where a gateway does less than it should."""
    until = time.monotonic() + within_s
    while not answers(door):
        if time.monotonic() > until:
            raise RuntimeError(f"{door.name} does not answer as the servers do: {asyncio.run(ask(door, SMALL))}")
        time.sleep(0.1)
    expect(door, asyncio.run(ask(door, LARGE)).body == peers.LARGE, "bring a large answer")
    expect(door, asyncio.run(ask(door, SMALL, peers.SMALL)).body == peers.SMALL, "take a body")
    if not door.works:
        return
    told = [asyncio.run(ask(door, ANY)) for _ in range(20)]
    seen = [answer.body.decode().split("|") for answer in told]
    expect(door, len({port for port, *_ in seen}) == 2, "use both servers")
    expect(door, all(len(passport) > 50 for _, passport, _, _ in seen), "bring a passport")
    spans = {trace for _, _, trace, _ in seen}
    expect(door, all(TRACE in each for each in spans), "keep the trace")
    expect(door, PARENT not in spans, "put a span of its own into the trace")
    expect(door, len({request for _, _, _, request in seen}) == 20, "number its requests")
    expect(door, all(name in told[0].headers for name in (*peers.SECURITY, "x-request-id")), "add its headers")
    if door.name == "ours":
        statuses = [asyncio.run(ask(door, ONCE.match.prefix)).status for _ in range(2)]
        expect(door, statuses == [200, 429], "keep a member to its rate")


def answers(door: Door) -> bool:
    try:
        return asyncio.run(ask(door, SMALL)).body == peers.SMALL
    except MatineeError:
        return False


def expect(door: Door, good: bool, what: str) -> None:  # noqa: FBT001
    if not good:
        raise RuntimeError(f"{door.name} does not {what}")


async def ask(door: Door, target: str, body: bytes = b"") -> Response:
    tls = ssl.create_default_context() if door.scheme == "https" else None
    if tls is not None:  # a certificate of the benchmark's own
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    client = Client(door.url, tls=tls)
    try:
        return await client.request("POST" if body else "GET", target, door.headers, body)
    finally:
        await client.close()


# ---- measuring


def measure(found: dict[str, Door], seconds: float, rounds: Rounds, title: str) -> None:
    """One round of everything: each at each kind of requests."""

    def rates(what: str, names: Sequence[str], path: str, *, post: bool = False) -> dict[str, float]:
        return {name: rate(found[name], seconds, path, f"{title} {what}", post=post) for name in names}

    plain = [name for name in ("nginx", "envoy", "zuul") if name in found]
    get = rates("GET 1 KiB", ["ours", *plain], SMALL)
    for name in plain:
        rounds.ratio(f"{name}_ratio", get["ours"], get[name])
    post = rates("POST 1 KiB", ["ours", "nginx"], SMALL, post=True)
    rounds.ratio("post_nginx_ratio", post["ours"], post["nginx"])
    large = rates("GET 100 KiB", ["ours", "nginx"], LARGE)
    rounds.ratio("large_nginx_ratio", large["ours"], large["nginx"])
    tls = rates("GET 1 KiB over TLS", ["tls_ours", "tls_nginx"], SMALL)
    rounds.ratio("tls_nginx_ratio", tls["tls_ours"], tls["tls_nginx"])
    rounds.value("per_cpu_second", get["ours"])
    alone = {name: one_by_one(found[name], seconds) for name in ("direct", "ours", *plain)}
    for name in ("ours", *plain):
        p50_ms, p99_ms = (mine - its for mine, its in zip(alone[name][1:], alone["direct"][1:], strict=True))
        print(f"{title} one connection: {name} adds p50 {p50_ms:.3f} ms, p99 {p99_ms:.3f} ms", flush=True)
        of = "" if name == "ours" else f"{name}_"
        rounds.value(f"{of}added_p50_ms", p50_ms)
        rounds.value(f"{of}added_p99_ms", p99_ms)


def rate(door: Door, seconds: float, path: str, title: str, *, post: bool) -> float:
    """Requests for each second of the gateway's processor."""
    answered = 0

    def work() -> float:
        nonlocal answered
        answered = wrk(door, seconds, path, post=post).requests
        return answered

    found = again(lambda: per_cpu_second(door.peer, work))
    print(f"{title}: {door.name}: {found:.0f} a CPU-second, {answered / seconds:.0f} a second", flush=True)
    return found


def one_by_one(door: Door, seconds: float) -> Told:
    return again(lambda: wrk(door, seconds, connections=1))


def warm(door: Door, seconds: float) -> None:
    """Until a JIT has seen enough; on a busy machine that takes longer than on a quiet one."""
    answered, until = 0, time.monotonic() + 3 * seconds
    while answered < WARM_REQUESTS and time.monotonic() < until:
        answered += again(lambda: wrk(door, seconds)).requests


def again(measurement: Callable[[], T]) -> T:
    """Once more for what was refused: a gateway that does not get its processor sheds load. Raises Spoiled when it is again."""
    for _ in range(AGAIN):
        try:
            return measurement()
        except Spoiled as spoiled:
            print(f"measured again, since {spoiled}", flush=True)
    return measurement()


def wrk(door: Door, seconds: float, path: str = SMALL, *, connections: int = CONNECTIONS, post: bool = False) -> Told:
    """Raises Spoiled where some answers were not as they should be."""
    command = [needed("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    for name, value in door.headers.items():
        command += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write('wrk.method = "POST"; wrk.body = string.rep("x", 1024)\n' if post else "")
        script.flush()
        said = subprocess.run(
            [*command, "-s", script.name, door.url + path],
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=lambda: pin(CLIENT_CPU),
        ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise Spoiled(f"{door.name} did not answer well:\n{said}")
    found = re.search(r"(\d+) requests in", said)
    p50, p99 = (re.search(rf" {share}% +([\d.]+)(us|ms|s)\b", said) for share in (50, 99))
    if found is None or p50 is None or p99 is None:
        raise RuntimeError(f"wrk did not say what it saw:\n{said}")
    return Told(int(found[1]), *(float(each[1]) * MILLISECONDS[each[2]] for each in (p50, p99)))


if __name__ == "__main__":
    main()
