"""One server in ten that is slow, and one that fails: what members notice behind our gateway, and behind nginx.

All three share out the same ten servers at the same time: our gateway with its standard chain; nginx in turn (its default);
nginx with two random choices, the fewer connections first, which is what goes without looking at answers. Requests come at a
steady rate whatever becomes of them, and time runs from when each was due. The trouble begins with each round, so that the
time until it is noticed is in the figures. An answer that comes after 500 ms is an error too: the member has gone on.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.harness import Peer, Rounds, free_port, needed, pin, running, version
from bench.installation import Installation
from bench.ten_servers import COUNT
from matinee.app.ready import wait_ready
from matinee.runtime.errors import MatineeError
from matinee.runtime.http1 import Client
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.services.registry.contract import Instance, Registry

ROUNDS, ROUND_S, PAUSE_S, RATE = 3, 4.5, 0.5, 100
SLOW_S, LATE_S = 2.0, 0.5
OTHERS = ["accounts", "billing", "steering", "registry"]
TROUBLES = {"slow": f"slow={SLOW_S}&failing=0", "failing": "slow=0&failing=1"}

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream turns {{ {servers} keepalive 64; }}
    upstream choices {{ random two least_conn; {servers} keepalive 64; }}
    server {{ listen 127.0.0.1:{turns}; location / {{
        proxy_pass http://turns; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
    server {{ listen 127.0.0.1:{choices}; location / {{
        proxy_pass http://choices; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


class Noticed(NamedTuple):
    """By members, of all requests of a round: the share that failed or came late, the latency of the slowest in a hundred, and
    how many had which answer (0: none)."""

    errors: float
    p99_s: float
    statuses: Mapping[int, int]

    def __str__(self) -> str:
        return f"{self.errors:.2%} errors, p99 {self.p99_s * 1000:.0f} ms, {dict(self.statuses)}"


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mb-"))
    folder.chmod(0o755)  # for nginx, whose worker is another user when root starts it
    rounds = Rounds()
    try:
        with ten_servers(folder) as ports, balancers(folder, ports) as subjects:
            asyncio.run(measure(subjects, ports, rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rounds.report("balancing", {"nginx": version("nginx", "-v")})


async def measure(subjects: dict[str, int], ports: list[int], rounds: Rounds) -> None:
    await asyncio.gather(*(load(port, 1.0) for port in subjects.values()))
    for number in range(ROUNDS):
        for place, (trouble, told) in enumerate(TROUBLES.items()):
            server = (number * len(TROUBLES) + place) % COUNT
            await tell(ports[0], f"/be?server={server}&{told}")
            seen = await asyncio.gather(*(load(port, ROUND_S) for port in subjects.values()))
            await tell(ports[0], f"/be?server={server}&slow=0&failing=0")
            record(rounds, trouble, dict(zip(subjects, seen, strict=True)))
            await asyncio.gather(*(load(port, PAUSE_S) for port in subjects.values()))


def record(rounds: Rounds, trouble: str, seen: dict[str, Noticed]) -> None:
    for name, noticed in seen.items():
        print(f"{trouble:8} {name:12} {noticed}", flush=True)
        rounds.value(f"{trouble}_{name}_errors", noticed.errors)
        rounds.value(f"{trouble}_{name}_p99_ms", noticed.p99_s * 1000)
    rounds.ratio(f"{trouble}_errors_ratio", seen["ours"].errors, seen["round_robin"].errors)
    if trouble == "slow":
        rounds.ratio("slow_p99_ratio", seen["ours"].p99_s, seen["round_robin"].p99_s)


async def load(port: int, for_s: float) -> Noticed:
    """`RATE` requests a second, each due at its time."""
    client = Client(f"http://127.0.0.1:{port}")
    loop = asyncio.get_running_loop()
    began = loop.time() + 0.05
    asked = [asyncio.create_task(one(client, began + number / RATE)) for number in range(int(for_s * RATE))]
    taken = await asyncio.gather(*asked)
    await client.close()
    good = [seconds for status, seconds in taken if status == 200]
    late = sum(seconds > LATE_S for seconds in good)
    p99_s = statistics.quantiles(good, n=100)[98] if len(good) > 1 else LATE_S
    return Noticed((len(taken) - len(good) + late) / len(taken), p99_s, Counter(status for status, _ in taken))


async def one(client: Client, due: float) -> tuple[int, float]:
    """The status of the answer, 0 for none, and the seconds from when it was due."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(due - loop.time())
    try:
        answer = await client.request("GET", "/api/x", timeout_s=10)
    except MatineeError:
        return 0, loop.time() - due
    return answer.status, loop.time() - due


async def tell(port: int, what: str) -> None:
    client = Client(f"http://127.0.0.1:{port}")
    await client.request("GET", what)
    await client.close()


@contextlib.contextmanager
def ten_servers(folder: Path) -> Generator[list[int]]:
    with (folder / "servers.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.ten_servers"], stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        yield [int(process.stdout.readline()) for _ in range(COUNT)]
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def balancers(folder: Path, ports: list[int]) -> Generator[dict[str, int]]:
    """Their ports by their names."""
    turns, choices = free_port(), free_port()
    place = folder / "nginx"
    place.mkdir(mode=0o755)
    servers = " ".join(f"server 127.0.0.1:{port};" for port in ports)
    (place / "nginx.conf").write_text(NGINX.format(folder=place, servers=servers, turns=turns, choices=choices))
    print((place / "nginx.conf").read_text())
    nginx = Peer("nginx", [needed("nginx", "nginx"), "-c", str(place / "nginx.conf")], turns, place / "log")
    house = Installation(folder / "house", "serve", "gateway", "--name", "gateway", name="our gateway")
    others = [sys.executable, "-m", "matinee", "serve", *OTHERS, "--name", "others", "--home", str(house.home.path)]
    services = Peer("the services that our gateway asks", others, 0, folder / "others.log")
    try:
        asyncio.run(register(house, ports))
        with running([house.peer, nginx]):
            asyncio.run(all_good(house.port))
            yield {"ours": house.port, "round_robin": turns, "two_choices": choices}
    finally:
        services.stop()


async def register(house: Installation, ports: list[int]) -> None:
    """Tells the registry of the ten, before the gateway asks for them: none is new among the others."""
    await wait_ready(house.home, ["others"])
    channel = HttpChannel(f"unix:{house.home.socket('registry')}")
    registry = connect(Registry, channel)
    for number, port in enumerate(ports):
        await registry.register(Instance(f"api-{number}", "api", f"http://127.0.0.1:{port}"))
    await channel.close()


async def all_good(port: int, within_s: float = 20) -> None:
    until = time.monotonic() + within_s
    while (await load(port, 0.2)).errors:
        if time.monotonic() > until:
            raise RuntimeError("our gateway does not answer as the ten servers do")


if __name__ == "__main__":
    pin({0, 1})
    main()
