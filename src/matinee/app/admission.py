"""What a worker on another machine carries to be let in: where the house's door is, the service token, and whose certificate
to believe. It lies in the worker's own data folder as `secrets/admission.json`."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from matinee.app.home import Home
from matinee.app.secret import secret_of
from matinee.config import InternalSettings
from matinee.runtime.errors import Invalid

_FILE = "admission.json"
_NEAR = {"localhost", "127.0.0.1", "::1"}
_TOKEN = "worker"  # noqa: S105 - its name


class Admission(Struct, frozen=True, forbid_unknown_fields=True):
    """`certificate` is PEM; empty where the door has one that all the world knows, or where it has none on a loopback address."""

    url: str
    token: str
    certificate: str = ""


def token(home: Home) -> str:
    """The service token of the house's workers."""
    return secret_of(home, _TOKEN).hex()


def granted(home: Home, settings: InternalSettings) -> Admission:
    """What to hand to a worker. Raises Invalid where the settings name no address to listen on."""
    from matinee.app import certificates

    host, port = address(settings)
    name = settings.names[0] if settings.names else host
    return Admission(f"https://{name}:{port}", token(home), certificates.authority(home))


def address(settings: InternalSettings) -> tuple[str, int]:
    """Where the door listens. Raises Invalid."""
    parts = urlsplit(f"//{settings.listen}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as wrong:
        raise Invalid(f"[internal] listen: {settings.listen!r} is not host:port") from wrong
    if not host or port is None:
        raise Invalid('say where workers of other machines come in: [internal] listen = "0.0.0.0:7443" in matinee.toml')
    return host, port


def carried(home: Home) -> Admission | None:
    """What this data folder was given, if it is a worker's. Raises Invalid."""
    path = home.secrets / _FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Admission)
        parts = urlsplit(found.url)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise Invalid(f"{path}: {wrong}") from wrong
    if parts.scheme != "https" and parts.hostname not in _NEAR:
        raise Invalid(f"{path}: the token and the films would go to {found.url} for all to read; its url is https://…")
    return found
