"""The settings of a house: `$MATINEE_HOME/matinee.toml`, then `MATINEE_*` from the environment, as structs.

A name in the environment is the path to a field in upper case: `MATINEE_GATEWAY_PORT=9000` is `[gateway] port = 9000`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

import msgspec
from msgspec import Meta, Struct, field

from matinee.ingest.encoding.settings import Encoding
from matinee.ingest.limits import Limits
from matinee.runtime.errors import Invalid
from matinee.services.jobs.limits import Limits as JobLimits
from matinee.services.registry.contract import Word
from matinee.terms.territory import UNKNOWN, Territory

Port = Annotated[int, Meta(ge=0, le=65535)]


class BadSettings(Invalid):
    type, title = "bad-settings", "A setting is wrong"


class GatewaySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`host` is what to bind; `names` are further host names under which viewers reach us.

    `trusted_proxies` are addresses or networks (`10.0.0.0/8`) of balancers before the gateway whose word on who asks counts:
    by the PROXY protocol, and by the one header that `forwarded_by` names. `app_origins` are other sites (`https://tv.example`)
    whose pages may use the API.

    With `certificate` (a PEM file, with those between it and its root) and `key` (another, where the certificate's holds none)
    front door and appliances speak https; `local` stands for one that the house signs itself, with a root that its viewers
    install: a page in the clear at `trust_port` gives it to them (0: no such page).
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    names: list[str] = []
    trusted_proxies: list[str] = []
    forwarded_by: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    app_origins: list[str] = []
    certificate: str = ""
    key: str = ""
    trust_port: Port = 0


class ApiSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`listen` is an address of this machine (`127.0.0.1:9000`, port 0: any) at which the edge APIs answer beside their socket."""

    listen: str = ""


class ApplianceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`first_port` is where the appliances of `matinee up` begin to look for a free one, in order; 0: any."""

    names: list[Annotated[str, Meta(pattern=r"^cdn[a-z0-9-]{0,40}\Z")]] = field(
        default_factory=lambda: ["cdn-a", "cdn-b"]
    )
    first_port: Port = 8081
    zone: str = "home"


class AdminSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The processes of `matinee up` tell of their health and figures at ports of 127.0.0.1, from `first_port` on in the order in
    which they are started; 0: at their sockets alone."""

    first_port: Annotated[int, Meta(ge=0, le=65000)] = 0


class BalancerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What `matinee serve balancer` puts before the gateways: where it takes connections, over TLS with `certificates` (each a file
    of the chain and its key). `redirect_port` leads to https. `gateways` are URLs by zone where no registry tells of them.
    `engine` is haproxy or nginx, empty for the first that is installed. `proxy_protocol`: gateways learn by it who asks, else
    by the header of `[gateway] forwarded_by`; they must have this machine among their `trusted_proxies`."""

    host: str = "127.0.0.1"
    port: Port = 8000
    certificates: list[str] = []
    redirect_port: Port = 0
    gateways: dict[Word, list[str]] = {}
    engine: Literal["", "haproxy", "nginx"] = ""
    proxy_protocol: bool = False


class InternalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`listen` is the address (`0.0.0.0:7443`) at which workers of other machines come in, empty for none; `names` are those
    by which they reach it, the first is the one they are given."""

    listen: str = ""
    names: list[str] = []


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`url` is the public address where it is fixed (else each request's Host decides), `territory` what is taken for the
    country of every address, `zone` where this process stands, `services` where a service that this process does not run is
    found (`unix:…`, `http://…`)."""

    url: str = ""
    zone: Word = "home"
    territory: Territory = UNKNOWN
    gateway: GatewaySettings = GatewaySettings()
    api: ApiSettings = ApiSettings()
    admin: AdminSettings = AdminSettings()
    balancer: BalancerSettings = BalancerSettings()
    appliances: ApplianceSettings = ApplianceSettings()
    studio: Limits = Limits()
    encode: Encoding = Encoding()
    jobs: JobLimits = JobLimits()
    internal: InternalSettings = InternalSettings()
    services: dict[str, str] = {}


def read(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the house at `home`. Raises BadSettings naming file or variable, field and reason."""
    path = home / "matinee.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadSettings(f"{path}: {wrong}") from wrong
    except OSError as wrong:
        raise BadSettings(f"{path} cannot be read: {wrong.strerror}") from wrong
    _from_environment(raw, environment)
    try:
        return msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as wrong:
        raise BadSettings(f"{path} or a MATINEE_ variable: {wrong}") from wrong


def _from_environment(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    for outer in msgspec.structs.fields(Settings):
        name = f"MATINEE_{outer.name.upper()}"
        if isinstance(outer.type, type) and issubclass(outer.type, Struct):
            for inner in msgspec.structs.fields(outer.type):
                value = environment.get(f"{name}_{inner.name.upper()}")
                if value is not None and isinstance(raw.get(outer.name, {}), dict):
                    raw.setdefault(outer.name, {})[inner.name] = _parsed(value, inner.type)
        elif name in environment and outer.name != "services":
            raw[outer.name] = environment[name]


def _parsed(value: str, kind: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if get_origin(kind) is list else value
