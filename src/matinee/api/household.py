"""The profiles of a household and the devices that are logged in to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from matinee.api.account import end_login
from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.runtime.errors import Conflict
from matinee.services.accounts.contract import (
    ByAccount,
    ByProfile,
    Confidential,
    CreateProfile,
    Name,
    NoSuchProfile,
    Pin,
    Profile,
    UpdateProfile,
)
from matinee.services.history import contract as history
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.viewer import Viewer

Avatar = Annotated[int, Meta(ge=0, le=7)]


class Profiles(Struct, frozen=True):
    profiles: list[Profile]


class NewProfile(Confidential, frozen=True):
    name: Name
    maturity: Maturity = HIGHEST
    avatar: Avatar = 0
    pin: Pin | None = None


class ProfileChange(Confidential, frozen=True):
    """What is missing stays as it is; an empty `pin` removes the lock."""

    name: Name | None = None
    maturity: Maturity | None = None
    avatar: Avatar | None = None
    pin: Annotated[str, Meta(pattern=r"^([0-9]{4})?\Z")] | None = None


class SignedInDevice(Struct, frozen=True):
    """One login. `current` is the one that asks."""

    id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Devices(Struct, frozen=True):
    devices: list[SignedInDevice]


@get("/api/profiles", access=Access.MEMBER)
async def profiles(clients: Injected[Clients], viewer: Injected[Viewer]) -> Profiles:
    """The profiles of this account."""
    household = await clients.accounts.household(ByAccount(viewer.account_id))
    return Profiles(household.profiles)


@post("/api/profiles", access=Access.GUARDIAN, problems=[Conflict])
async def create_profile(data: JSONBody[NewProfile], clients: Injected[Clients], viewer: Injected[Viewer]) -> Profile:
    """Add a profile; a household has at most five."""
    return await clients.accounts.create_profile(
        CreateProfile(viewer.account_id, data.name, data.maturity, data.avatar, data.pin)
    )


@patch("/api/profiles/{profile_id:str}", access=Access.GUARDIAN, problems=[NoSuchProfile])
async def update_profile(
    profile_id: FromPath[str],
    data: JSONBody[ProfileChange],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
) -> Profile:
    """Change a profile's name, age limit, picture or PIN."""
    return await clients.accounts.update_profile(
        UpdateProfile(viewer.account_id, profile_id, data.name, data.maturity, data.avatar, data.pin)
    )


@delete("/api/profiles/{profile_id:str}", access=Access.GUARDIAN, status_code=204, problems=[NoSuchProfile, Conflict])
async def delete_profile(profile_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> None:
    """Remove a profile and its viewing history."""
    await clients.accounts.delete_profile(ByProfile(viewer.account_id, profile_id))
    await clients.history.forget_profile(history.ByProfile(profile_id))


@get("/api/devices", access=Access.MEMBER)
async def devices(clients: Injected[Clients], viewer: Injected[Viewer]) -> Devices:
    """The logins of this account, wherever they are."""
    found = await clients.accounts.logins(ByAccount(viewer.account_id))
    return Devices(
        [
            SignedInDevice(login.id, login.device, login.created_at, login.last_seen_at, login.id == viewer.login)
            for login in found.logins
        ]
    )


@delete("/api/devices/{login:str}", access=Access.GUARDIAN, status_code=204)
async def end_device(login: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> None:
    """Log a device out; what it plays ends."""
    await end_login(clients, viewer.account_id, login)


ROUTES = [profiles, create_profile, update_profile, delete_profile, devices, end_device]
