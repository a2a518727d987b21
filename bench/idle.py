"""What those cost who only stay connected: 10,000 idle keep-alive connections, and 5,000 devices that wait for messages, at a
gateway process of its own; memory of each, what others notice of them, processor time when all is quiet.

The gateway is `matinee serve gateway` with its whole chain, before a house with its services; the peer is one worker of nginx as
a plain proxy. Behind both stands the same small server. Lines end in our gateway, which takes messages from the push service;
nginx passes them on from a server that holds each of them once more (its memory is not counted). Every round starts both anew,
so that no memory of an earlier round is used again. What the kernel keeps for sockets is in nobody's figures.

As they come, the limits of the gateway suffice: 20,000 connections, 10,000 lines, 50 an account. An operator who wants more sets
the property `gateway.limits` (`connections`, `lines`, `lines_per_account`, and `connections_per_address` where many come from
one address: this machine's own are not counted by it). Here that property only keeps idle connections for longer than the
75 s (`idle_s`) that it comes with, so that they are still there when they are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import msgspec
import psutil

from bench.harness import CLIENT_CPU, Missing, Peer, Rounds, free_port, needed, pin, running, version
from bench.idle_crowd import BODY, allow_files
from bench.installation import Installation
from matinee.app.machine import CORE
from matinee.app.process import Process
from matinee.app.ready import wait_ready
from matinee.services.push.contract import Message, Push
from matinee.services.registry.contract import Properties, SetProperty
from matinee.terms.gateway_limits import Limits
from matinee.terms.routing import Match, Route, RouteTable
from matinee.terms.standard_routes import STANDARD

FILES = 16_000
AT_ONCE = 16
"""Connections that are opened at a time: below what a door lets through when it does not know yet what is behind it."""
SPARE = 70
"""Files that may stay: connections to the server behind, which are kept for a while."""
SMALL = "/small"
OURS = {"idle_s": 1800}
BROWSER = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r\nAccept: {accept}\r\nCache-Control: no-store\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\nReferer: http://localhost/\r\n{more}\r\n"
)
SOCKET = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
Figures = dict[str, float]


class Clients:
    """The process with the many connections."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.idle_crowd", "clients"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __getattr__(self, what: str) -> Callable[..., Any]:
        def tell(**more: Any) -> Any:
            told, said = self._process.stdin, self._process.stdout
            assert told is not None
            assert said is not None
            told.write(json.dumps({"do": what, **more}) + "\n")
            told.flush()
            return json.loads(said.readline())

        return tell

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


class Door:
    """Ours or nginx, as started anew for a part of a round. `base` is its memory with nobody there, in KiB."""

    def __init__(
        self, name: str, start: Callable[[], Peer], tell: Callable[[], object], base: float | None = None
    ) -> None:
        self.name, self.start, self.tell = name, start, tell
        self.base = base


def memory_kib(peer: Peer) -> float:
    return sum(each.memory_info().rss for each in family(peer)) / 1024


def files(peer: Peer) -> int:
    return sum(each.num_fds() for each in family(peer))


def family(peer: Peer) -> list[psutil.Process]:
    root = psutil.Process(peer.pid)
    return [root, *root.children(recursive=True)]


def others(port: int, seconds: float, tell: Callable[[], object] | None = None) -> list[float]:
    """What one more client waits for its answers, in milliseconds, sorted; `tell` is called once a second."""
    request, taken = asking(SMALL)[0].encode(), list[float]()
    with socket.create_connection(("127.0.0.1", port), 10) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = told = time.monotonic()
        end += seconds
        while (now := time.monotonic()) < end:
            if tell is not None and now >= told:
                told += 1
                tell()
            began, answer = time.perf_counter(), b""
            made.sendall(request)
            while not answer.endswith(BODY):
                came = made.recv(65536)
                answer += came
                if not came or not answer.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(f"another answer than expected: {answer[:1000]!r}")
            taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)


def wait_until_routed(port: int) -> None:
    """A gateway that has just started may not have heard of the route table yet."""
    deadline = time.monotonic() + 20
    while True:
        try:
            others(port, 0.01)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def percentile(taken: Sequence[float], share: float) -> float:
    return taken[min(len(taken) - 1, int(len(taken) * share))]


def asking(path: str, tokens: Sequence[str] = ("",), accept: str = "application/json", more: str = "") -> list[str]:
    """A request of each of these members, as a browser writes them."""
    connection = "Upgrade" if more else "keep-alive"
    bearing = [f"Authorization: Bearer {token}\r\n" if token else "" for token in tokens]
    return [BROWSER.format(path=path, connection=connection, accept=accept, more=each + more) for each in bearing]


class Part:
    """One kind of connection, so many of them."""

    def __init__(self, name: str, count: int, requests: Sequence[str], until: str, *, told: bool) -> None:
        self.name, self.count, self.requests, self.until, self.told = name, count, requests, until, told

    def measure(self, door: Door, clients: Clients, seconds: float) -> Figures:
        peer = door.start()
        with running([peer]):
            wait_until_routed(peer.port)
            others(peer.port, seconds)
            alone, rest = others(peer.port, seconds), quiet(peer)
            before, held = memory_kib(peer), files(peer)
            spent = peer.cpu_s()
            opened = clients.open(
                port=peer.port, count=self.count, requests=list(self.requests), until=self.until, at_once=AT_ONCE
            )
            if opened["refused"] or opened["open"] < self.count:
                raise RuntimeError(f"{door.name}: not all {self.name} connections were kept: {opened}")
            found = {"open_s": opened["s"], "open_cpu_us": 1e6 * (peer.cpu_s() - spent) / self.count}
            time.sleep(1)
            base = before if door.base is None else door.base
            found["kib_each"] = (memory_kib(peer) - base) / self.count
            found |= latencies("alone", alone) | latencies("with_them", others(peer.port, seconds))
            found |= {"quiet_cpu_percent_alone": rest, "quiet_cpu_percent_with_them": quiet(peer)}
            if self.told:
                found |= self._told(door, peer, clients, seconds)
            began = time.monotonic()
            lost = clients.close()["lost"]
            while files(peer) > held + SPARE and time.monotonic() - began < 60:
                time.sleep(0.01)
            found |= {"close_s": time.monotonic() - began, "lost": float(lost)}
        return found

    def _told(self, door: Door, peer: Peer, clients: Clients, seconds: float) -> Figures:
        """With a message to all of them each second."""
        clients.heard()
        waited = others(peer.port, seconds + 2, door.tell)
        time.sleep(1)
        heard = clients.heard()
        if not heard["spreads"]:
            raise RuntimeError(f"{door.name}: no message reached all lines: {heard}")
        return latencies("while_told", waited) | {"told_all_s": statistics.median(heard["spreads"])}


def latencies(name: str, taken: Sequence[float]) -> Figures:
    return {f"p50_ms_{name}": percentile(taken, 0.5), f"p99_ms_{name}": percentile(taken, 0.99)}


def quiet(peer: Peer, seconds: float = 8.0) -> float:
    """Percent of a processor, with nothing going on."""
    before, began = peer.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return 100 * (peer.cpu_s() - before) / (time.monotonic() - began)


# ---- the doors


def nginx(folder: Path, behind: int, connections: int) -> Peer:
    port, root = free_port(), folder / "nginx"
    root.mkdir(exist_ok=True)
    conf = root / "nginx.conf"
    conf.write_text(f"""
daemon off; worker_processes 1; worker_rlimit_nofile {FILES}; pid {root}/pid; error_log {root}/error.log crit;
events {{ worker_connections {connections}; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 1800; client_body_temp_path {root}/b;
  proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  upstream servers {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 100000000; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 1800;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://servers; }}
    location /events {{ proxy_buffering off; proxy_pass http://servers; }} }} }}
""")
    command = [needed("nginx", "nginx-light"), "-p", str(root), "-e", str(root / "error.log"), "-c", str(conf)]
    return Peer("nginx", command, port, root / "out")


def empty_nginx_kib(folder: Path, behind: int) -> float:
    """What nginx takes before it sets aside memory for many connections, which it does at its start."""
    peer = nginx(folder, behind, 64)
    with running([peer]):
        others(peer.port, 1)
        return memory_kib(peer)


def gateway(house: Installation) -> Peer:
    words = ["serve", "gateway", "--name", "gateway", "--port", str(house.port), "--drain", "0.2"]
    command = [sys.executable, "-m", "matinee", *words, "--home", str(house.home.path)]
    return Peer("gateway", command, house.port, house.home.path / "gateway.log")


def prepare(house: Installation, behind: int, lines: int) -> list[str]:
    """Members' tokens; the route to the small server, and the limits, are set as an operator would."""
    (house.home.path / "matinee.toml").write_text(f'[services]\nsmall = "http://127.0.0.1:{behind}"\n')
    table = RouteTable([Route("small", match=Match(prefix=SMALL), to="small"), *STANDARD.routes])

    async def work(process: Process) -> None:
        properties = process.client(Properties)
        for name, value in (("gateway.routes", msgspec.to_builtins(table)), ("gateway.limits", OURS)):
            await properties.set(SetProperty(name, value, by="bench"))

    house.ask(work)
    return house.members(ceil(lines / Limits().lines_per_account))


def tell_ours(house: Installation) -> None:
    async def work(process: Process) -> None:
        until = process.clock.now() + timedelta(minutes=1)
        await process.client(Push).send(Message(process.ids.new("bench"), "measured", until, {"spread_s": 20}))
        await process.close()

    house.ask(work)


def tell_origin(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as made:
        made.sendall(b"GET /tell HTTP/1.1\r\nHost: localhost\r\n\r\n")
        made.recv(1024)


# ---- the rounds


def measure(folder: Path, asked: argparse.Namespace) -> None:
    behind, at = free_port(), folder / "h"
    services = [each for each in CORE if each != "gateway"]
    house = Installation(at, "serve", *services, "--name", "core", "--drain", "0.2", name="services")
    house.peer.port = behind  # whose listener is the first that is there: that of the services is a socket, asked below
    origin = Peer("origin", [sys.executable, "-m", "bench.idle_crowd", "origin", str(behind)], behind, folder / "o")
    pin(CLIENT_CPU)
    clients, rounds = Clients(), Rounds()
    with running([origin, house.peer]):
        asyncio.run(wait_ready(house.home, ["core"]))
        tokens = prepare(house, behind, asked.lines)
        ours = Door("ours", lambda: gateway(house), lambda: tell_ours(house))
        empty = empty_nginx_kib(folder, behind)
        peer = Door("nginx", lambda: nginx(folder, behind, FILES), lambda: tell_origin(behind), empty)
        for number in range(asked.rounds):
            for parts in of_both(asked, tokens):
                compare(number, parts, (ours, peer), clients, rounds, asked.seconds)
    clients.end()
    rounds.report("idle", {"nginx": version("nginx", "-v")})


def of_both(asked: argparse.Namespace, tokens: list[str]) -> list[tuple[Part, Part | None]]:
    """What is opened at ours, and at nginx in its place."""
    idle = Part("idle", asked.idle, asking(SMALL), BODY.decode(), told=False)
    streams = asking("/api/push/events", tokens, "text/event-stream")
    events = Part("events", asked.lines, streams, "hello", told=True)
    passed = Part("events", asked.lines, asking("/events", accept="text/event-stream"), "hello", told=True)
    sockets = asking("/api/push", tokens, "*/*", SOCKET)
    return [(idle, idle), (events, passed), (Part("sockets", asked.lines, sockets, "hello", told=True), None)]


def compare(
    number: int,
    parts: tuple[Part, Part | None],
    doors: tuple[Door, Door],
    clients: Clients,
    rounds: Rounds,
    seconds: float,
) -> None:
    found: dict[str, Figures] = {}
    for part, door in zip(parts, doors, strict=True):
        if part is None:
            continue
        figures = found[door.name] = part.measure(door, clients, seconds)
        for name, value in figures.items():
            rounds.value(f"{part.name}_{door.name}_{name}", value)
        told = ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
        print(f"round {number + 1}: {part.count} {part.name} at {door.name}: {told}", flush=True)
    if "nginx" in found:
        for name in found["nginx"]:
            if name.startswith(("kib", "p50", "p99")):
                rounds.ratio(f"{parts[0].name}_{name}_ratio", found["ours"][name], found["nginx"][name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=5_000)
    asked = parser.parse_args()
    if missing := allow_files(FILES):
        raise Missing(missing)
    folder = Path(tempfile.mkdtemp(prefix="mi-"))
    folder.chmod(0o755)  # for nginx, whose worker is another user when root starts it
    try:
        measure(folder, asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
