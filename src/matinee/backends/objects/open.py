"""Objects by URL. obstore is the port: use its async functions (`put_async`, `get_async`, `get_range_async`, `list`, …).

A key is a path without `.`, `..` or empty parts; obstore raises ValueError for others. An object appears whole or not at all.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import ObjectStore

from matinee.runtime.errors import Invalid

if TYPE_CHECKING:
    from obstore.store import ClientConfig

_LONGEST, _CONNECT = timedelta(minutes=10), timedelta(seconds=5)
"""A large object is put together from its parts before its last call is answered."""


def open(url: str, token: str = "", certificate: str = "") -> ObjectStore:
    """The store of `file:///folder`, made where it is absent, of `memory:`, or of another machine's house at `https://host:port`,
    which `server.Door` serves; that asks for its service token, and is known by the certificate (PEM) that signed its own.
    Raises Invalid for any other URL."""
    parts = urlsplit(url)
    match parts.scheme:
        case "file" if parts.path and not parts.netloc:
            from obstore.store import LocalStore

            folder = Path(unquote(parts.path))
            folder.mkdir(parents=True, exist_ok=True)
            return LocalStore(prefix=folder.absolute(), automatic_cleanup=True)
        case "memory":
            from obstore.store import MemoryStore

            return MemoryStore()
        case "http" | "https" if parts.netloc:
            return _remote(url, token, certificate)
        case "file":
            raise Invalid(f"{url!r} names no folder; write file:///folder")
        case scheme:
            raise Invalid(f"no object store speaks {scheme!r}; use file:///folder, memory: or https://host:port")


def _remote(url: str, token: str, certificate: str) -> ObjectStore:
    from obstore.store import S3Store

    from matinee.backends.objects.server import BUCKET

    options: ClientConfig = {
        "default_headers": {"authorization": f"Bearer {token}"},
        "allow_http": url.startswith("http:"),
        "timeout": _LONGEST,
        "connect_timeout": _CONNECT,
    }
    if certificate:
        options["root_certificate"] = certificate
    return S3Store(
        BUCKET,
        endpoint=url.rstrip("/"),
        region="house",
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options=options,
    )
