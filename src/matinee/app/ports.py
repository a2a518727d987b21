"""Which TCP ports this machine's processes take."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Collection
from ipaddress import ip_address

from matinee.runtime.accepting import listening
from matinee.runtime.errors import Invalid, PortTaken, Unavailable


def claim(host: str, port: int, by: str = "--port") -> None:
    """Makes sure that a port can be bound, which is chosen `by` this. Raises PortTaken with a sentence that says what to do."""
    try:
        _bind(host, port)
    except OSError as wrong:
        if wrong.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken by another program; stop it or choose another with {by}"
            ) from wrong
        if wrong.errno == errno.EACCES:
            raise PortTaken(f"this user may not listen on port {port}; choose one above 1023 with {by}") from wrong
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


def near_address(asked: str, what: str) -> tuple[str, int]:
    """Host and port. Raises Invalid for what is no address of this machine alone; `what` asks for one."""
    host, _, port = asked.rpartition(":")
    host = host.strip("[]")
    try:
        address = ip_address(host)
    except ValueError as wrong:
        raise Invalid(f"{what} is an address like 127.0.0.1:9000, not {asked!r}") from wrong
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Invalid(f"{what} is an address like 127.0.0.1:9000, not {asked!r}")
    if not address.is_loopback:
        raise Invalid(f"{what}: {asked} can be reached by others; it must be an address of this machine alone")
    return host, int(port)


def bound_near(asked: str, what: str) -> socket.socket:
    """Listens at an address of this machine alone. Raises Invalid for another, Unavailable where it is taken."""
    host, port = near_address(asked, what)
    try:
        return listening(host, port)
    except OSError as wrong:
        why = os.strerror(wrong.errno) if wrong.errno else str(wrong)
        raise Unavailable(f"{what}: nothing can listen on {asked}: {why}") from wrong


def _bind(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return probe.getsockname()[1]
