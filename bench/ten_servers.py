"""Ten servers behind a balancer, in one process: one of them slow or failing as `/be?server=3&slow=1&failing=0` says.

An answer takes 5 to 15 ms. Each line that it prints at the start is a server's port, in order.
"""

from __future__ import annotations

import asyncio
import random
import re

COUNT = 10
BODY = b"x" * 1024
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
FAILURE = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
HEALTHY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_BE = re.compile(rb"GET /be\?server=(\d+)&slow=([0-9.]+)&failing=([01]) ")


class Tenth:
    """One server. Its health check passes whatever it does: a balancer must notice by the answers."""

    def __init__(self, all_: list[Tenth]) -> None:
        self._all = all_
        self.slow_s = 0.0
        self.failing = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(await self._answer(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, head: bytes) -> bytes:
        told = _BE.match(head)
        if told is not None:
            other = self._all[int(told[1])]
            other.slow_s, other.failing = float(told[2]), told[3] == b"1"
            return HEALTHY
        if head.startswith(b"GET /health/ready "):
            return HEALTHY
        if self.failing:
            return FAILURE
        await asyncio.sleep(self.slow_s + random.uniform(0.005, 0.015))
        return OK


async def main() -> None:
    servers: list[Tenth] = []
    for _ in range(COUNT):
        servers.append(Tenth(servers))
    listening = [await asyncio.start_server(each.serve, "127.0.0.1", 0) for each in servers]
    for each in listening:
        print(each.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
