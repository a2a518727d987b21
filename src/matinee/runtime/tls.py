"""TLS as the listeners of a house speak it: at least 1.2, HTTP/1.1 inside, and a certificate that may be replaced under way."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from matinee.runtime.errors import Unavailable

log = logging.getLogger(__name__)

LOOK_S = 2.0


class Certificate:
    """The certificate of a listener, with those between it and its root, and its key, in PEM files; `key` may be the same file.
    `context` is for listeners. Raises Unavailable where the files are not such."""

    def __init__(self, certificate: Path, key: Path | None = None) -> None:
        self._files = certificate, key or certificate
        self._stamp = self._now()
        self.context = self._read()

    async def follow(self) -> None:
        """Takes on what the files hold now, for connections that come from then on; open ones keep theirs. Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> bool:
        """Whether the files have changed to another good pair. What does not fit together is refused, and told once."""
        now = self._now()
        if now == self._stamp:
            return False
        self._stamp = now
        try:
            self._read()
            self.context.load_cert_chain(*self._files)
        except (Unavailable, OSError) as wrong:
            log.warning("the certificate has changed and cannot be used; the old one stays: %s", wrong)
            return False
        log.info("the certificate has changed")
        return True

    def _read(self) -> ssl.SSLContext:
        context = serving()
        try:
            context.load_cert_chain(*self._files, password=_none)
        except (OSError, ValueError) as wrong:
            names = " and ".join(str(path) for path in dict.fromkeys(self._files))
            raise Unavailable(f"no certificate with its key can be read from {names}: {wrong}") from wrong
        return context

    def _now(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stamp(path) for path in self._files)


def serving() -> ssl.SSLContext:
    """For listeners, still without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of 1.2: forward secrecy and authenticated encryption only
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def calling(authority: str = "") -> ssl.SSLContext:
    """For calls to others: whom this machine trusts, or whoever holds a certificate of this authority (PEM) alone."""
    context = ssl.create_default_context(cadata=authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _none() -> str:
    """Asked for the password of a key: nobody is there to type one."""
    return ""


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
