"""Which TCP ports this machine's processes take."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection

from matinee.runtime.errors import PortTaken


def claim(host: str, port: int) -> None:
    """Makes sure that the front door can be bound. Raises PortTaken with a sentence that says what to do."""
    try:
        _bind(host, port)
    except OSError as wrong:
        if wrong.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken by another program; stop it or choose another with --port"
            ) from wrong
        if wrong.errno == errno.EACCES:
            raise PortTaken(f"this user may not listen on port {port}; choose one above 1023 with --port") from wrong
        raise PortTaken(f"cannot listen on {host}:{port}: {wrong.strerror or wrong}") from wrong


def free(host: str, first: int, taken: Collection[int]) -> int:
    """The first port from `first` on that is free and not in `taken`; zero asks the system for any."""
    for port in range(first, 65536) if first else (0,):
        if port not in taken or port == 0:
            try:
                return _bind(host, port)
            except OSError:
                continue
    raise PortTaken(f"no port from {first} on is free on {host}")


def from_here(host: str, port: int, scheme: str = "http") -> str:
    """The URL at which this machine itself reaches what listens on `host`; a socket on all addresses is at loopback too."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what it may be told, not what it opens
    return f"{scheme}://[{near}]:{port}" if ":" in near else f"{scheme}://{near}:{port}"


def _bind(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return probe.getsockname()[1]
