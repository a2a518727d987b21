"""One client's connection: reads heads, sends answers, never waits for the disk or for a slow reader."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Awaitable
from concurrent.futures import Executor
from typing import Protocol

from matinee.cdn import answer, head
from matinee.cdn.content import Content
from matinee.cdn.head import BadHead, Heads
from matinee.cdn.readiness import HANG_UP, INPUT
from matinee.cdn.site import Answer, Grant, Site
from matinee.runtime.errors import MatineeError

_READ = 16 * 1024
_MOST_PIPELINED = 64 * 1024
_TURN = 1 << 23  # bytes after which other connections get their turn
_WINDOW = 1 << 22  # bytes handed to one sendfile
_SMALL = 1 << 18  # up to here the head waits for the first bytes and goes out with them
_RESET = struct.pack("ii", 1, 0)
_EMPTY = b""


class Owner(Protocol):
    """What a connection needs of the server that accepted it."""

    site: Site
    heads: Heads
    bytes_served: int

    @property
    def threads(self) -> Executor: ...

    def forget(self, connection: Connection) -> None: ...


class Connection:
    """Between accepting and closing; `serve` goes on wherever the last wait broke off."""

    __slots__ = (
        "_again",
        "_content",
        "_draining",
        "_end",
        "_hung_up",
        "_input",
        "_last",
        "_offset",
        "_out",
        "_owner",
        "_parked",
        "_sent",
        "_site",
        "_socket",
        "_warm",
        "closed",
        "fd",
        "grant",
        "sending",
        "since",
        "started",
    )

    def __init__(self, client: socket.socket, owner: Owner) -> None:
        self._socket = client
        self._owner = owner
        self._site = owner.site
        self.fd = client.fileno()
        self._input = self._out = _EMPTY
        self._content: Content | None = None
        self._offset = self._end = self._sent = self._warm = 0
        self._last = self._hung_up = self._draining = self._again = False
        self._parked: asyncio.Task[None] | None = None
        self.grant: Grant | None = None
        self.sending = self.closed = False
        self.since = self.started = owner.site.tick

    @property
    def content(self) -> Content | None:
        """What is being sent now."""
        return self._content

    @property
    def idle(self) -> bool:
        """Between two requests, with nothing of the next."""
        return not self.sending and not self._input and self._parked is None and not self._draining

    @property
    def draining(self) -> bool:
        """Refused, and read on only so that the answer arrives."""
        return self._draining and not self.sending

    @property
    def waits_for_us(self) -> bool:
        """The client can do nothing: bytes are on their way from the origin or from the disk."""
        content = self._content
        return self._again or self._parked is not None or (content is not None and content.available <= self._offset)

    @property
    def sent(self) -> int:
        """Bytes of the present answer that went out."""
        return self._sent

    def ready(self, events: int) -> None:
        """Called by readiness, and once at the start."""
        if events & INPUT and not self._receive(events):
            return
        if (self.sending or self._input) and not self._again:
            self.serve()

    def serve(self) -> None:
        """Answers what has arrived, until the input, the client's room or the bytes at hand run out."""
        while self.sending or (self._input and self._next()):
            if not self._pump():
                return

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._input = _EMPTY
        self._let_go()
        if self._parked is not None:
            self._parked.cancel()
        self._owner.forget(self)
        self._socket.close()

    def abort(self) -> None:
        """Ends at once, and throws away what the kernel still holds for this client."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def refuse(self, status: int, detail: str) -> None:
        """Answers what could not be read, then ends."""
        kind = answer.REASONS[status].decode().lower().replace(" ", "-")
        self._begin(Answer(answer.closing(answer.problem(self._site.date, status, kind, detail))), True)  # noqa: FBT003
        self._draining = True

    def _receive(self, events: int) -> bool:
        """Takes in what has arrived; False where the connection has ended."""
        while True:
            try:
                data = self._take()
            except BlockingIOError:
                return True
            except OSError:
                self.close()
                return False
            if not data:
                return self._heard_all()
            if not self._draining:
                self._input = self._input + data if self._input else data
                if len(self._input) > _MOST_PIPELINED and (self.sending or self._parked is not None):
                    self.abort()
                    return False
            if self._emptied(data) and not events & HANG_UP:
                return True
            if len(self._input) > _MOST_PIPELINED:
                return True  # the head is refused as too long before more is read

    def _take(self) -> bytes:
        """What has arrived. Raises BlockingIOError where nothing has."""
        return self._socket.recv(_READ)

    def _emptied(self, data: bytes) -> bool:
        """Whether after these bytes no more had arrived."""
        return len(data) < _READ

    def _give(self, data: bytes, more: int) -> int:
        """Bytes sent of the head. Raises BlockingIOError where there is no room."""
        return self._socket.send(data, more)

    def _give_file(self, content: Content, offset: int, count: int) -> int:
        """Bytes sent of the file, 0 where it has ended. Raises BlockingIOError where there is no room."""
        return os.sendfile(self.fd, content.fd, offset, count)

    def _heard_all(self) -> bool:
        self._hung_up = True
        if self.sending or self._parked is not None or (self._input and not self._draining):
            return True
        self.close()
        return False

    def _next(self) -> bool:
        """Takes one request off the input; False where there is none to answer now."""
        if self._parked is not None or self._draining:
            return False
        buffer = self._input
        if buffer[:1] == b"\r":  # an empty line before a request is passed over (RFC 9112 section 2.2)
            self._input = buffer = buffer.lstrip(b"\r\n")
        end = buffer.find(b"\r\n\r\n")
        if end < 0 or end > head.LONGEST:
            return self._unfinished(buffer)
        self._input = buffer[end + 4 :]
        try:
            asked = self._owner.heads.read(buffer[: end + 2])
            found = self._site.answer(asked)
        except BadHead as bad:
            self.refuse(bad.status, bad.detail)
            return True
        if isinstance(found, Answer):
            self._begin(found, asked.last)
            return True
        self._input = buffer
        self._park(found)
        return False

    def _unfinished(self, buffer: bytes) -> bool:
        if len(buffer) > head.LONGEST:
            self.refuse(431, "A request's head has at most 16 KiB")
            return True
        if self._hung_up:
            self.close()
        return False

    def _park(self, wait: Awaitable[None]) -> None:
        async def wait_and_serve() -> None:
            with contextlib.suppress(MatineeError):
                await wait
            self._parked = None
            self.since = self._site.tick
            self.serve()

        self._parked = asyncio.get_running_loop().create_task(wait_and_serve())

    def _begin(self, found: Answer, last: bool) -> None:  # noqa: FBT001 - on the way of every request
        self._out, self._content, self._offset, self._end, self.grant = found
        if self._content is not None:
            self._content.users += 1
        self._last = last
        self.sending = True
        self._sent = self._warm = 0
        self.since = self.started = self._site.tick

    def _pump(self) -> bool:
        """Sends until the answer is out (True) or something must be waited for (False)."""
        try:
            if (self._out and not self._send_head()) or (self._offset < self._end and not self._send_file()):
                return False
        except BlockingIOError:
            return False
        except OSError:
            self.close()
            return False
        self._let_go()
        if self._last or (self._hung_up and not self._input):
            self._finish()
            return False
        return True

    def _send_head(self) -> bool:
        content, length = self._content, self._end - self._offset
        if content is not None and length:
            if content.failed:
                return self._fail_before_head()
            if content.available <= self._offset:
                content.waiting.append(self.serve)
                return False
        more = socket.MSG_MORE if 0 < length <= _SMALL else 0
        sent = self._give(self._out, more)
        self.since = self._site.tick
        if sent < len(self._out):
            self._out = self._out[sent:]
            return False
        self._out = _EMPTY
        return True

    def _fail_before_head(self) -> bool:
        site = self._site
        self._let_go()
        self._begin(
            Answer(answer.problem(site.date, 502, "origin-unavailable", "The origin did not give this file")),
            last=False,
        )
        return self._send_head()

    def _send_file(self) -> bool:
        content, end, done = self._content, self._end, 0
        if content is None:
            return True
        tick = self._site.tick
        while (offset := self._offset) < end:
            if offset >= self._warm:
                at_hand = min(end, content.available, offset + _WINDOW)
                if at_hand <= offset:
                    return self._wait_for_bytes(content)
                self._warm = content.in_memory(offset, at_hand, tick)
                if self._warm <= offset:
                    return self._load(content)
            sent = self._give_file(content, offset, self._warm - offset)
            if not sent:
                raise OSError  # the file is shorter than it was: nothing true can follow
            self._offset = offset + sent
            self._sent += sent
            self.since = tick
            self._owner.bytes_served += sent
            done += sent
            if done >= _TURN:
                asyncio.get_running_loop().call_soon(self.serve)
                return False
        return True

    def _wait_for_bytes(self, content: Content) -> bool:
        if content.failed:
            self.abort()
        else:
            content.waiting.append(self.serve)
        return False

    def _load(self, content: Content) -> bool:
        """Cold bytes: a thread reads them, then sending goes on."""
        self._again = True
        content.hold()
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(self._owner.threads, content.load, self._offset)

        def loaded(done: asyncio.Future[None]) -> None:
            content.release()
            self._again = False
            if done.cancelled() or done.exception() is not None:
                self.abort()
            else:
                content.loaded(self._offset, self._site.tick)
                self.serve()

        reading.add_done_callback(loaded)
        return False

    def _let_go(self) -> None:
        """The answer is out, or never will be."""
        if self._content is not None:
            self._content.release()
            self._content = None
        self.grant = None
        self._out = _EMPTY
        self.sending = False

    def _finish(self) -> None:
        """Closes; what was refused unread is drained first, else its reset could overtake the answer."""
        if self._draining and not self._hung_up:
            self._input = _EMPTY
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self._receive(0)
            return
        self.close()
