"""The appliance beside nginx and Apache Traffic Server: work per second of server processor.

Ranges of 64 KiB and whole segments of 4 MiB, from the page cache, over 16 kept connections. nginx sends files with
`sendfile` and checks nothing; Traffic Server checks the same media tokens with `uri_signing`; our appliance checks them,
fills from a core, reports each second and follows the list of ended sessions while it is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from bench.harness import CLIENT_CPU, Missing, Peer, Rounds, free_port, needed, per_cpu_second, pin, running, version
from matinee.cdn.appliance import Appliance, Settings
from matinee.cdn.server import listening
from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import Keyring
from matinee.runtime.tls import Certificate
from matinee.services.fill.contract import FillFile, Manifest, Wanted
from matinee.services.playback.contract import Ended
from matinee.services.steering.media_token import ISSUER, MediaTokens

SEGMENT, RANGE, SEGMENTS, CONNECTIONS = 4 << 20, 64 << 10, 16, 16
ENCODE = "ttl_bench/enc_bench"


class Core(BaseHTTPRequestHandler):
    """Answers `/api/open-connect/…` for one appliance that holds one encode."""

    protocol_version = "HTTP/1.1"
    jwks = b""
    manifest = Manifest(0, [])

    def do_GET(self) -> None:
        what = self.path.partition("?")[0].rpartition("/")[2]
        waits = re.search(r"after=(-?\d+)&wait_s=([\d.]+)", self.path)
        if what == "keys":
            self._answer(self.jwks)
        elif what == "manifest":
            self._wait(waits, self.manifest.version)
            self._answer(msgspec.json.encode(self.manifest))
        else:
            self._wait(waits, 0)
            self._answer(msgspec.json.encode(Ended(0, [])))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _wait(self, asked: re.Match[str] | None, now: int) -> None:
        if asked is not None and int(asked[1]) == now:
            threading.Event().wait(float(asked[2]))

    def _answer(self, body: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # the appliance was stopped meanwhile
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def write_segments(folder: Path) -> list[FillFile]:
    place = folder / "media" / ENCODE / "v1080"
    place.mkdir(parents=True)
    files: list[FillFile] = []
    for number in range(SEGMENTS):
        data = os.urandom(SEGMENT)
        (place / f"{number:05}.m4s").write_bytes(data)
        path = f"{ENCODE}/v1080/{number:05}.m4s"
        files.append(FillFile(path, SEGMENT, hashlib.sha256(data).hexdigest()))
    return files


def start_core(keyring: Keyring, files: list[FillFile]) -> str:
    Core.jwks = keyring.jwks().encode()
    Core.manifest = Manifest(1, [Wanted(ENCODE, files)])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Core)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def appliance(core: str, folder: Path, port: int, *, tls: bool) -> None:
    """The process under measurement."""
    clock = SystemClock()
    context = Certificate(folder / "tls.pem").context if tls else None
    settings = Settings("cdn-bench", core, core, capacity_bps=100_000_000_000)

    async def run() -> None:
        keyring = Keyring.load(folder / "own.json")
        await Appliance(settings, listening("127.0.0.1", port), folder, keyring, clock, "boot", context).run()

    asyncio.run(run())


def certificate(folder: Path) -> None:
    """One for both sides: a key on P-256, as most sites have."""
    command = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = ["-subj", "/CN=127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([needed("openssl", "openssl"), *command, *files], capture_output=True, check=True)
    both = (folder / "key.pem").read_text() + (folder / "certificate.pem").read_text()
    (folder / "tls.pem").write_text(both)


def nginx(folder: Path, *, nopush: bool, tls: bool = False) -> Peer:
    port, root = free_port(), folder / f"nginx-{nopush}-{tls}"
    secure = f"ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.pem;" if tls else ""
    root.mkdir()
    conf = root / "nginx.conf"
    conf.write_text(f"""
daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush {"on" if nopush else "off"}; tcp_nodelay on; keepalive_requests 100000000;
  open_file_cache max=1000; sendfile_max_chunk 2m; client_body_temp_path {root}/b; proxy_temp_path {root}/p;
  fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{port}{" ssl" if tls else ""}; {secure} root {folder}/media; }} }}
""")
    command = [needed("nginx", "nginx-light"), "-p", str(root), "-e", str(root / "error.log"), "-c", str(conf)]
    name = "nginx over TLS" if tls else f"nginx tcp_nopush {'on' if nopush else 'off'}"
    return Peer(name, command, port, root / "out")


def traffic_server(folder: Path, keyring: Keyring, origin: int, *, tuned: bool) -> Peer:
    """`tuned` lets its memory cache hold these segments, which are just above the limit that it comes with."""
    port, root = free_port(), folder / f"ats-{tuned}"
    etc = root / "etc"
    for made in (etc, root / "log", root / "run", root / "cache"):
        made.mkdir(parents=True)
    keys = [{**key, "alg": "ES256"} for key in json.loads(keyring.jwks())["keys"]]
    settings = {
        "http.server_ports": f"STRING {port}:ip-in=127.0.0.1",
        "admin.user_id": "STRING #-1",
        "exec_thread.autoconfig": "INT 0",
        "exec_thread.limit": "INT 1",
        "http.cache.required_headers": "INT 0",
        "http.keep_alive_no_activity_timeout_in": "INT 120",
        "log.logging_enabled": "INT 0",
    }
    if tuned:
        settings |= {"cache.ram_cache.size": "INT 268435456", "cache.ram_cache_cutoff": "INT 16777216"}
    signing = {ISSUER: {"renewal_kid": keys[0]["kid"], "strip_token": True, "keys": keys}}
    files = {
        "records.config": "".join(f"CONFIG proxy.config.{name} {value}\n" for name, value in settings.items()),
        "storage.config": f"{root}/cache 256M\n",
        "cache.config": "dest_domain=. ttl-in-cache=1d\n",
        "remap.config": f"map http://127.0.0.1:{port}/ http://127.0.0.1:{origin}/ "
        f"@plugin=uri_signing.so @pparam={etc}/uri.json\n",
        "uri.json": json.dumps(signing),
        "plugin.config": "",
        "ip_allow.yaml": "ip_allow:\n  - {apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}\n",
    }
    for name, text in files.items():
        (etc / name).write_text(text)
    places = {"prefix": "/usr", "exec_prefix": "/usr", "bindir": "/usr/bin", "sbindir": "/usr/sbin"}
    places |= {"libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules"}
    places |= {"includedir": "/usr/include", "sysconfdir": f"{etc}", "logdir": f"{root}/log"}
    places |= dict.fromkeys(("datadir", "cachedir"), f"{root}/cache")
    places |= dict.fromkeys(("localstatedir", "runtimedir"), f"{root}/run")
    (root / "runroot.yaml").write_text("".join(f"{name}: {place}\n" for name, place in places.items()))
    packages = "trafficserver trafficserver-experimental-plugins"
    command = [needed("traffic_server", packages), f"--run-root={root}/runroot.yaml"]
    return Peer(f"Apache Traffic Server {'tuned' if tuned else 'as it comes'}", command, port, root / "out")


def lua(folder: Path, name: str, prefix: str, *, ranges: bool) -> Path:
    """Requests for wrk, made before it starts: the client's work is the same for all."""
    script = folder / f"{name}.lua"
    header = '["Range"] = string.format("bytes=%d-%d", at, at + 65535)' if ranges else ""
    script.write_text(f"""
local requests, turn = {{}}, 0
function init(args)
  math.randomseed(7)
  for n = 1, 512 do
    local at = math.random(0, {SEGMENT // RANGE - 1}) * {RANGE}
    local path = string.format("{prefix}/{ENCODE}/v1080/%05d.m4s", math.random(0, {SEGMENTS - 1}))
    requests[n] = wrk.format("GET", path, {{ ["Host"] = wrk.host .. ":" .. wrk.port, {header} }})
  end
end
function request() turn = turn % 512 + 1; return requests[turn] end
""")
    return script


def requests(peer: Peer, script: Path, seconds: float, scheme: str = "http") -> float:
    """Answers of the expected kind in a run of wrk. Raises RuntimeError where some were others."""
    command = [needed("wrk", "wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(script)]
    command.append(f"{scheme}://127.0.0.1:{peer.port}")
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, preexec_fn=lambda: pin(CLIENT_CPU)
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{peer.name} did not answer well:\n{said}")
    found = re.search(r"(\d+) requests in", said)
    return float(found[1]) if found else 0.0


def measure(folder: Path, rounds: int, seconds: float) -> None:
    keyring = Keyring.load(folder / "steering.json")
    core = start_core(keyring, write_segments(folder))
    token = MediaTokens(keyring).token("ses_bench", ENCODE, SystemClock().now() + timedelta(hours=6))
    segment = f"/URISigningPackage={token}"
    port = free_port()
    this = [sys.executable, "-m", "bench.edge", "--appliance", core, str(folder), str(port)]
    ours = Peer("matinee appliance", this, port, folder / "out")
    best, usual = nginx(folder, nopush=False), nginx(folder, nopush=True)
    ats = traffic_server(folder, keyring, best.port, tuned=True)
    plain_ats = traffic_server(folder, keyring, best.port, tuned=False)
    scripts = {
        (peer, ranges): lua(folder, f"{peer.port}-{ranges}", "" if peer in {best, usual} else segment, ranges=ranges)
        for peer in (ours, best, usual, ats, plain_ats)
        for ranges in (True, False)
    }

    certificate(folder)
    secure_port = free_port()
    this = [sys.executable, "-m", "bench.edge", "--tls", "--appliance", core, str(folder), str(secure_port)]
    ours_tls = Peer("matinee appliance over TLS", this, secure_port, folder / "out-tls")
    best_tls = nginx(folder, nopush=False, tls=True)
    over_tls = {ours_tls, best_tls}
    for peer in over_tls:
        prefix = segment if peer is ours_tls else ""
        scripts |= {
            (peer, ranges): lua(folder, f"{peer.port}-{ranges}", prefix, ranges=ranges) for ranges in (True, False)
        }

    def rate(peer: Peer, *, ranges: bool, for_s: float = seconds) -> float:
        scheme = "https" if peer in over_tls else "http"
        return per_cpu_second(peer, lambda: requests(peer, scripts[peer, ranges], for_s, scheme))

    result = Rounds()
    with running([ours, best, usual, ats, plain_ats, ours_tls, best_tls]):
        for peer in (ours, best, usual, ats, plain_ats, ours_tls, best_tls):
            rate(peer, ranges=False, for_s=2)  # into the page cache, and into Traffic Server's own
        for number in range(rounds):
            part = {peer: rate(peer, ranges=True) for peer in (ours, best, usual, ats, plain_ats, ours_tls, best_tls)}
            whole = {peer: rate(peer, ranges=False) for peer in (ours, best, usual, ours_tls, best_tls)}
            for peer, ranges in part.items():
                print(
                    f"round {number + 1}: {peer.name}: {ranges:.0f} ranges, {whole.get(peer, 0):.0f} segments a CPU-second"
                )
            result.ratio("range_64k_ratio", part[ours], part[best])
            result.ratio("range_64k_nopush_ratio", part[ours], part[usual])
            result.ratio("segment_ratio", whole[ours], max(whole[best], whole[usual]))
            result.ratio("tls_range_ratio", part[ours_tls], part[best_tls])
            result.ratio("tls_segment_ratio", whole[ours_tls], whole[best_tls])
            result.ratio("ats_range_ratio", part[ours], part[plain_ats])
            result.ratio("ats_tuned_range_ratio", part[ours], part[ats])
    conclude(result)


def conclude(result: Rounds) -> None:
    print(
        "nginx: sendfile on, open_file_cache, one worker, no token check. Traffic Server: one thread, uri_signing, no log;"
    )
    print(
        "as it comes (its memory cache takes nothing above 4 MiB, so these segments come from its disk cache), and tuned"
    )
    print("TLS: 1.3, P-256, the same certificate; nginx with its own ssl_buffer_size (16k).")
    print("(ram_cache_cutoff 16 MiB, ram_cache 256 MiB).")
    peers = {"nginx": version("nginx", "-v"), "trafficserver": version("traffic_server", "--version")}
    result.report("edge", peers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--tls", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--appliance", nargs=3, metavar=("CORE", "FOLDER", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.appliance:
        core, folder, port = given.appliance
        appliance(core, Path(folder), int(port), tls=given.tls)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="matinee-edge-") as folder:
            Path(folder).chmod(0o755)  # for nginx, whose worker is another user when root starts it
            measure(Path(folder), given.rounds, given.seconds)
    except Missing as missing:
        print(missing, file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
