"""Accounts: who a member is, the logins that prove it, the profiles of a household, and the sign-up saga's row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, Forbidden, NotFound, Unauthenticated
from matinee.runtime.rpc.operation import operation
from matinee.terms.maturity import Maturity
from matinee.terms.territory import Territory
from matinee.terms.viewer import Role

_WORD = r"[^@\s\x00-\x20\x7f-\xa0\ufeff]+"
"""Without blanks and signs that do not show. Python's blanks and those of clients in JavaScript are not quite the same."""

Email = Annotated[str, Meta(max_length=254, pattern=rf"^{_WORD}@{_WORD}\.{_WORD}\Z")]
Password = Annotated[str, Meta(min_length=8, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Pin = Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]
Key = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+\Z")]


class EmailTaken(Conflict):
    type, title = "email-taken", "There is an account with this e-mail; log in instead"


class IdempotencyConflict(Conflict):
    type, title = "idempotency-conflict", "This Idempotency-Key was used with another body"


class WrongPassword(Unauthenticated):
    type, title = "wrong-password", "The e-mail or the password is wrong"


class ProfileLocked(Forbidden):
    type, title = "profile-locked", "This belongs to another profile; choose it first"


class WrongPin(Forbidden):
    type, title = "wrong-pin", "The PIN is wrong"


class NoSuchProfile(NotFound):
    type, title = "no-such-profile", "There is no such profile"


class Confidential(Struct, frozen=True):
    """A message with a secret in it: it prints its name only, so that no log or traceback shows a password, PIN or token."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Profile(Struct, frozen=True):
    """`maturity` is the highest class the profile may see; `locked` says that a PIN opens it. `avatar` is a colour 0 to 7."""

    id: str
    name: str
    maturity: Maturity
    avatar: int
    locked: bool


class Account(Struct, frozen=True):
    id: str
    email: str
    name: str
    roles: frozenset[Role]
    home_territory: Territory
    created_at: datetime


class Login(Struct, frozen=True):
    """A login session. The token is random and opaque; only its SHA-256 is stored."""

    id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    profile_id: str | None


class SignupState(StrEnum):
    STARTED = "started"
    FINISHED = "finished"
    DECLINED = "declined"


class BeginSignup(Confidential, frozen=True):
    """`fingerprint` is the SHA-256 of the whole body, so that the same key with another body is found out."""

    key: Key
    fingerprint: str
    email: Email
    password: Password
    name: Name
    plan: str
    territory: Territory


class Signup(Struct, frozen=True):
    """The saga's row: the account it will open (its id is given at the start, and is what billing is asked to charge)."""

    key: str
    state: SignupState
    account_id: str
    profile_id: str


class EndSignup(Struct, frozen=True):
    """Finishes (`paid`) or declines the sign-up; `device` names the login that a finished one opens."""

    key: Key
    paid: bool
    device: str = ""


class StalledQuery(Struct, frozen=True):
    limit: int = 100


class Stalled(Struct, frozen=True):
    """Sign-ups that a crash may have left between the charge and their end, oldest first."""

    signups: list[Signup]


class LoggedIn(Confidential, frozen=True):
    """`token` is given once, here."""

    token: str
    login: Login
    account: Account
    profiles: list[Profile]


class CreateAccount(Confidential, frozen=True):
    """An account made by hand (the operator's, a demo's), with one profile of the account's name and no age limit."""

    email: Email
    password: Password
    name: Name
    roles: frozenset[Role] = frozenset()
    territory: Territory = "ZZ"


class LogIn(Confidential, frozen=True):
    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=256)]
    device: Annotated[str, Meta(max_length=200)] = ""


class ByToken(Confidential, frozen=True):
    token: Annotated[str, Meta(max_length=200)]


class Passport(Confidential, frozen=True):
    """What the gateway swaps a token for: an ES256 JWT of account, profile, roles, maturity and home territory. Beside it stands
    what the gateway itself needs of that."""

    jwt: str
    login: str
    account_id: str
    expires_at: datetime
    profile_id: str | None = None
    maturity: Maturity = Maturity.ALL
    roles: frozenset[Role] = frozenset()


class PublicKeys(Struct, frozen=True):
    """A JWK set, as JSON."""

    jwks: str


class KeysQuery(Struct, frozen=True):
    pass


class ObserveRevocations(Struct, frozen=True):
    """Waits up to `wait_s` for revocations after the cursor; a negative cursor asks only where the list ends now."""

    after: int
    wait_s: float


class Revocations(Struct, frozen=True):
    """`logins` and `accounts` whose passports no longer count; `cursor` is what to ask after next."""

    cursor: int
    logins: list[str]
    accounts: list[str]


class ByAccount(Struct, frozen=True):
    account_id: str


class ByEmail(Struct, frozen=True):
    email: Email


class Household(Struct, frozen=True):
    account: Account
    profiles: list[Profile]


class BindProfile(Confidential, frozen=True):
    account_id: str
    login: str
    profile_id: str
    pin: Pin | None = None


class CreateProfile(Confidential, frozen=True):
    account_id: str
    name: Name
    maturity: Maturity = Maturity.EIGHTEEN
    avatar: Annotated[int, Meta(ge=0, le=7)] = 0
    pin: Pin | None = None


class UpdateProfile(Confidential, frozen=True):
    """None leaves a value as it is; an empty `pin` removes the lock."""

    account_id: str
    profile_id: str
    name: Name | None = None
    maturity: Maturity | None = None
    avatar: Annotated[int, Meta(ge=0, le=7)] | None = None
    pin: Annotated[str, Meta(pattern=r"^([0-9]{4})?\Z")] | None = None


class ByProfile(Struct, frozen=True):
    account_id: str
    profile_id: str


class Logins(Struct, frozen=True):
    logins: list[Login]


class EndLogin(Struct, frozen=True):
    account_id: str
    login: str


class SetPassword(Confidential, frozen=True):
    """Ends every login of the account."""

    email: Email
    password: Password


class Grant(Struct, frozen=True):
    email: Email
    roles: frozenset[Role]


class Accounts(Protocol):
    """Every change of a login, a profile's limit or a role is a revocation, which the gateway sees within a second."""

    @operation(idempotent=True)
    async def begin_signup(self, message: BeginSignup) -> Signup:
        """Finds the row by its key or makes it. An unfinished sign-up of the same e-mail and password is taken over by a new
        key (and keeps its account id); unfinished it lapses after 23 hours. Raises EmailTaken, IdempotencyConflict."""
        ...

    @operation(idempotent=True)
    async def end_signup(self, message: EndSignup) -> LoggedIn | None:
        """With `paid`: opens account, profile and login once, and on every repeat answers with a new login. Without: None."""
        ...

    @operation(idempotent=True)
    async def stalled_signups(self, message: StalledQuery) -> Stalled:
        """Begun over ten minutes ago and neither finished nor declined. A timer asks billing whether each was paid and ends it."""
        ...

    @operation()
    async def create_account(self, message: CreateAccount) -> Household:
        """Raises EmailTaken."""
        ...

    @operation()
    async def log_in(self, message: LogIn) -> LoggedIn:
        """Raises WrongPassword, and RateLimited after ten wrong passwords for one e-mail within fifteen minutes."""
        ...

    @operation(idempotent=True)
    async def log_out(self, message: ByToken) -> None:
        """Ends the login of this token; harmless where it has ended."""
        ...

    @operation(idempotent=True)
    async def passport(self, message: ByToken) -> Passport:
        """Raises Unauthenticated when the token is unknown, ended or expired."""
        ...

    @operation(idempotent=True)
    async def passport_keys(self, message: KeysQuery) -> PublicKeys:
        """What passports are verified with."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe_revocations(self, message: ObserveRevocations) -> Revocations:
        """At once where there are some after the cursor."""
        ...

    @operation(idempotent=True)
    async def household(self, message: ByAccount) -> Household:
        """Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def find(self, message: ByEmail) -> Household:
        """Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def bind_profile(self, message: BindProfile) -> Profile:
        """Raises NoSuchProfile, WrongPin, and RateLimited after five wrong PINs within fifteen minutes."""
        ...

    @operation()
    async def create_profile(self, message: CreateProfile) -> Profile:
        """Raises Conflict at five profiles."""
        ...

    @operation(idempotent=True)
    async def update_profile(self, message: UpdateProfile) -> Profile:
        """Raises NoSuchProfile."""
        ...

    @operation(idempotent=True)
    async def delete_profile(self, message: ByProfile) -> None:
        """Raises NoSuchProfile, and Conflict for the last one."""
        ...

    @operation(idempotent=True)
    async def logins(self, message: ByAccount) -> Logins:
        """Those that have not expired, the last seen first."""
        ...

    @operation(idempotent=True)
    async def end_login(self, message: EndLogin) -> None:
        """Raises NotFound when the login is not this account's."""
        ...

    @operation(idempotent=True)
    async def set_password(self, message: SetPassword) -> None:
        """Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def grant(self, message: Grant) -> Account:
        """Sets the roles. Raises NotFound."""
        ...
