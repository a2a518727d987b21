"""The settings of a house: `$MATINEE_HOME/matinee.toml`, then `MATINEE_*` from the environment, as structs.

A name in the environment is the path to a field in upper case: `MATINEE_GATEWAY_PORT=9000` is `[gateway] port = 9000`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_origin

import msgspec
from msgspec import Meta, Struct, field

from matinee.ingest.encoding.settings import Encoding
from matinee.ingest.limits import Limits
from matinee.runtime.errors import Invalid
from matinee.services.jobs.limits import Limits as JobLimits
from matinee.terms.territory import UNKNOWN, Territory

Port = Annotated[int, Meta(ge=0, le=65535)]


class BadSettings(Invalid):
    type, title = "bad-settings", "A setting is wrong"


class GatewaySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`host` is what to bind; `names` are further host names under which viewers reach us."""

    host: str = "127.0.0.1"
    port: Port = 8080
    names: list[str] = []


class ApplianceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`first_port` is where the appliances of `matinee up` begin to look for a free one, in order; 0: any."""

    names: list[Annotated[str, Meta(pattern=r"^cdn[a-z0-9-]{0,40}\Z")]] = field(
        default_factory=lambda: ["cdn-a", "cdn-b"]
    )
    first_port: Port = 8081
    zone: str = "home"


class InternalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`listen` is the address (`0.0.0.0:7443`) at which workers of other machines come in, empty for none; `names` are those
    by which they reach it, the first is the one they are given."""

    listen: str = ""
    names: list[str] = []


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`url` is the public address where it is fixed (else each request's Host decides), `territory` what is taken for the
    country of every address, `services` where a service that this process does not run is found (`unix:…`, `http://…`)."""

    url: str = ""
    territory: Territory = UNKNOWN
    gateway: GatewaySettings = GatewaySettings()
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
