"""Fill: what each appliance must hold."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from matinee.runtime.rpc.operation import operation


class FillFile(Struct, frozen=True):
    """`path` is `{encode_path}/{file}`; `sha256` in hex."""

    path: str
    size: int
    sha256: str


class Want(Struct, frozen=True):
    """The encode that every appliance is to hold for a title; an older one of the title is dropped."""

    title_id: str
    encode_path: str
    files: list[FillFile]


class Drop(Struct, frozen=True):
    title_id: str


class ObserveManifest(Struct, frozen=True):
    """Waits up to `wait_s` for a manifest later than `after`."""

    appliance_id: str
    after: int
    wait_s: float


class Wanted(Struct, frozen=True):
    """An encode that the appliance is to hold whole."""

    encode_path: str
    files: list[FillFile]


class Manifest(Struct, frozen=True):
    """The whole of what the appliance is to hold; what is not named may be deleted."""

    version: int
    encodes: list[Wanted]


class Fill(Protocol):
    @operation(idempotent=True)
    async def want(self, message: Want) -> None:
        """Counts from the next manifest on. Raises Invalid where a path is not one of the encode, or a file lacks its hash."""
        ...

    @operation(idempotent=True)
    async def drop(self, message: Drop) -> None:
        """Appliances delete what they hold of the title. Harmless where it was not wanted."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe_manifest(self, message: ObserveManifest) -> Manifest:
        """The manifest as it is now, once it differs from `after` or the time is over."""
        ...
