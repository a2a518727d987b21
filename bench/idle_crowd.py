"""What `bench/idle.py` starts: `clients`, many connections that cost little, told what to do line by line; `origin PORT`, the
server behind both doors: a small answer, and behind nginx the lines themselves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import select
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

from bench.harness import CLIENT_CPU, pin

BODY = b'{"films": 1}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n"
HELLO = b'id: 1\nevent: hello\nretry: 2000\ndata: {"ping_s": 30.0}\n\n'
MESSAGE = b'id: 2\nevent: measured\ndata: {"spread_s": 20}\n\n'
HEARD = b"measured"
LONGEST_S = 300
ADDRESSES = 16
"""Of 127.0.0.0/8, from which clients come: each has 28,000 ports."""

BIND_ADDRESS_NO_PORT = 24  # ip(7): the port is chosen by `connect`, and may be one that goes elsewhere too
PING, PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"


def allow_files(needed: int) -> str:
    """Lets this process and its children open so many files; else the sentence that says what is missing."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != hard < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))
        except (OSError, ValueError):
            return f"{needed} open files are needed for a process and {hard} allowed: raise `ulimit -Hn` (LimitNOFILE)"
        return ""
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return ""


class Crowd:
    """Connections that were opened together. Those that the server closes are counted as `lost`."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._open: dict[int, socket.socket] = {}
        self._unsent: dict[int, bytes] = {}
        self._unanswered: dict[int, bytes] = {}
        self._until = b""
        self._heard = 0
        self._began = 0.0
        self._spreads: list[float] = []
        self._refused = ""
        self.lost = 0

    def run(self) -> None:
        """Does what the lines of stdin say, until there are no more."""
        self._poll.register(0, select.EPOLLIN)
        while True:
            for number, what in self._poll.poll():
                if number != 0:
                    self._ready(number, what)
                elif line := sys.stdin.readline():
                    told = json.loads(line)
                    print(json.dumps(getattr(self, told.pop("do"))(**told)), flush=True)
                else:
                    return

    def open(self, port: int, count: int, requests: Sequence[str], until: str, at_once: int) -> dict[str, Any]:
        """Opens `count` connections, each with one request (the next of `requests`), `at_once` at a time; how long it took until
        the last had read `until`."""
        self._until, began, opened = until.encode(), time.monotonic(), 0
        made = [request.encode() for request in requests]
        while opened < count or self._unsent or self._unanswered:
            while opened < count and len(self._unsent) + len(self._unanswered) < at_once:
                self._connect(port, opened, made[opened % len(made)])
                opened += 1
            for number, what in self._poll.poll(10):
                if number != 0:
                    self._ready(number, what)
            if self._refused or time.monotonic() - began > LONGEST_S:
                break
        return {"s": time.monotonic() - began, "open": len(self._open), "refused": self._refused}

    def heard(self) -> dict[str, Any]:
        """How many messages came in all, and of each how long it took from the first who heard it to the last."""
        spreads, self._spreads = self._spreads, []
        count, self._heard = self._heard, 0
        return {"messages": count, "spreads": spreads, "lost": self.lost}

    def close(self) -> dict[str, Any]:
        for each in self._open.values():
            each.close()
        found = {"lost": self.lost}
        self._open, self.lost = {}, 0
        return found

    def _connect(self, port: int, number: int, request: bytes) -> None:
        made = socket.socket()
        made.settimeout(0)
        made.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        made.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
        with contextlib.suppress(BlockingIOError):
            made.connect(("127.0.0.1", port))
        self._open[made.fileno()] = made
        self._unsent[made.fileno()] = request
        self._poll.register(made.fileno(), select.EPOLLOUT)

    def _ready(self, number: int, what: int) -> None:
        if request := self._unsent.pop(number, b""):
            self._open[number].send(request)
            self._unanswered[number] = b""
            self._poll.modify(number, select.EPOLLIN)
        if what & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read(number)

    def _read(self, number: int) -> None:
        try:
            data = self._open[number].recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lost += 1
            self._unanswered.pop(number, None)
            self._open.pop(number).close()
        elif number in self._unanswered:
            self._unanswered[number] += data
            if not self._unanswered[number].startswith((b"HTTP/1.1 200", b"HTTP/1.1 101")):
                self._refused = self._unanswered[number].decode(errors="replace")
            if self._until in self._unanswered[number]:
                del self._unanswered[number]
        else:
            self._hear(number, data)

    def _hear(self, number: int, data: bytes) -> None:
        if data.startswith(PING):
            self._open[number].send(PONG)
        for _ in range(data.count(HEARD)):
            self._heard += 1
            if self._heard % len(self._open) == 1:
                self._began = time.monotonic()
            elif self._heard % len(self._open) == 0:
                self._spreads.append(time.monotonic() - self._began)


class Origin(asyncio.Protocol):
    """A connection to the server behind: `/events` stays open, and `/tell` sends all such a message."""

    def __init__(self, lines: set[Any]) -> None:
        self._lines = lines

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        target = data.split(b" ", 2)[1]
        if target.endswith(b"/events"):
            self._transport.write(STREAM + HELLO)
            self._lines.add(self._transport)
            return
        self._transport.write(ANSWER)
        if target == b"/tell":
            for line in list(self._lines):
                line.write(MESSAGE)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        self._lines.discard(self._transport)


async def origin(port: int) -> None:
    lines: set[Any] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Origin(lines), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "clients":
        Crowd().run()
    else:
        pin(CLIENT_CPU)  # it is not what is measured
        uvloop.run(origin(int(sys.argv[2])))
