"""Passwords and PINs as Argon2 hashes, made in a few threads: each takes tens of milliseconds and 64 MiB."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from matinee.runtime.errors import Unavailable
from matinee.services.accounts.rules import composed

T = TypeVar("T")

_MOST_WAITING = 64


class Passwords:
    """`concurrency` bounds the memory and the cores that log-ins may take; more than 64 waiting are turned away."""

    def __init__(self, hasher: Argon2Hasher | None = None, concurrency: int = 2) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys = self._hash.hash(secrets.token_urlsafe())

    async def hash(self, secret: str) -> str:
        return await self._run(lambda: self._hash.hash(composed(secret)))

    async def verify(self, secret: str, known: str | None) -> tuple[bool, str | None]:
        """Whether the secret fits, and its new hash where the known one is of weaker parameters.

        Without a known hash it takes the time of a wrong secret and fits nothing.
        """
        fits, better = await self._run(lambda: self._hash.verify_and_update(composed(secret), known or self._nobodys))
        return (False, None) if known is None else (fits, better)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many people log in at this moment; try again shortly")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
