from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Conflict, Invalid, NotFound, RateLimited, Unauthenticated, Unavailable
from matinee.runtime.ids import Ids
from matinee.runtime.signing import Keyring, Verifier
from matinee.services.accounts import tables
from matinee.services.accounts.contract import (
    Accounts,
    BeginSignup,
    BindProfile,
    ByAccount,
    ByEmail,
    ByProfile,
    ByToken,
    CreateAccount,
    CreateProfile,
    EmailTaken,
    EndLogin,
    EndSignup,
    Grant,
    IdempotencyConflict,
    KeysQuery,
    LoggedIn,
    LogIn,
    NoSuchProfile,
    ObserveRevocations,
    SetPassword,
    SignupState,
    StalledQuery,
    UpdateProfile,
    WrongPassword,
    WrongPin,
)
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.service import Service
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Role

Wired = Callable[[type[Accounts], object], Awaitable[Accounts]]

PASSWORD = "correct horse"


class HandClock:
    def __init__(self) -> None:
        self.calendar = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.calendar

    def real_now(self) -> datetime:
        return self.calendar

    def monotonic(self) -> float:
        return 0.0

    def step(self, **by: float) -> None:
        self.calendar += timedelta(**by)


@dataclass
class World:
    accounts: Accounts
    clock: HandClock
    db: Database
    passwords: Passwords
    again: Callable[[], Awaitable[Accounts]]

    async def member(self, email: str = "Ann@Example.org", **more: Any) -> LoggedIn:
        await self.accounts.create_account(CreateAccount(email, PASSWORD, "Ann", **more))
        return await self.accounts.log_in(LogIn(email, PASSWORD, "TV"))

    def begin(self, key: str, email: str = "eve@example.org", password: str = PASSWORD, fingerprint: str = "") -> Any:
        fingerprint = fingerprint or hashlib.sha256(f"{email}/{password}".encode()).hexdigest()
        return self.accounts.begin_signup(BeginSignup(key, fingerprint, email, password, "Eve", "basic", "DE"))

    async def cursor(self) -> int:
        return (await self.accounts.observe_revocations(ObserveRevocations(-1, 0))).cursor


@pytest.fixture
async def world(wired: Wired, tmp_path: Path) -> AsyncIterator[World]:
    clock, keys = HandClock(), Keyring.load(tmp_path / "keys")
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    opened: list[Database] = []

    async def service() -> Accounts:
        """As another process would open it."""
        db = open_database(f"sqlite:///{tmp_path}/accounts.db", "matinee.services.accounts")
        opened.append(db)
        return await wired(Accounts, Service(db, clock, Ids(clock), keys, passwords))

    accounts = await service()
    yield World(accounts, clock, opened[0], passwords, service)
    for database in opened:
        await database.close()
    passwords.close()


def claims(passport: str, jwks: str, now: datetime) -> dict[str, Any]:
    return dict(Verifier(jwks).verify(passport, now))


async def test_an_email_is_one_in_every_case_and_composition(world: World) -> None:
    await world.accounts.create_account(CreateAccount("J\u00f6rg@Example.org", PASSWORD, "Jörg"))
    with pytest.raises(EmailTaken):
        await world.accounts.create_account(CreateAccount("JO\u0308RG@EXAMPLE.ORG", PASSWORD, "Jörg"))
    opened = await world.accounts.log_in(LogIn("jo\u0308rg@example.org", PASSWORD))
    assert opened.account.email == "J\u00f6rg@Example.org"
    assert (await world.accounts.find(ByEmail("j\u00f6rg@example.org"))).account == opened.account


async def test_two_at_once_with_one_email_make_one_account(world: World) -> None:
    made = [world.accounts.create_account(CreateAccount("a@b.org", PASSWORD, f"A{n}")) for n in range(6)]
    outcomes = await asyncio.gather(*made, return_exceptions=True)
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 5


async def test_a_bad_email_or_password_is_refused_in_a_sentence(world: World) -> None:
    with pytest.raises(Invalid, match="email"):
        await world.accounts.create_account(CreateAccount("nobody", PASSWORD, "A"))
    with pytest.raises(Invalid, match="password"):
        await world.accounts.create_account(CreateAccount("a@b.org", "short", "A"))


async def test_wrong_passwords_and_unknown_emails_look_alike_and_run_out(world: World) -> None:
    await world.member("a@b.org")
    for email in ("a@b.org", "nobody@b.org"):
        for _ in range(10):
            with pytest.raises(WrongPassword):
                await world.accounts.log_in(LogIn(email.upper(), "wrong password"))
        with pytest.raises(RateLimited):
            await world.accounts.log_in(LogIn(email, PASSWORD))
    world.clock.step(minutes=15)
    assert (await world.accounts.log_in(LogIn("a@b.org", PASSWORD))).token


async def test_a_crowd_of_guesses_gets_ten_checked(world: World) -> None:
    await world.member("a@b.org")
    guesses = [world.accounts.log_in(LogIn("a@b.org", f"guess {n}")) for n in range(30)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, WrongPassword) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 20


async def test_who_is_turned_away_in_a_storm_has_guessed_nothing(world: World) -> None:
    await world.member("a@b.org")
    world.passwords._waiting = 64
    for _ in range(11):
        with pytest.raises(Unavailable):
            await world.accounts.log_in(LogIn("a@b.org", PASSWORD))
    world.passwords._waiting = 0
    assert (await world.accounts.log_in(LogIn("a@b.org", PASSWORD))).token


async def test_right_passwords_are_never_counted(world: World) -> None:
    await world.member("a@b.org")
    for _ in range(12):
        await world.accounts.log_in(LogIn("a@b.org", PASSWORD))


async def test_a_passport_says_who_and_lives_a_minute(world: World) -> None:
    opened = await world.member(roles=frozenset({Role.EDITOR, Role.OPERATOR}), territory="DE")
    keys = await world.accounts.passport_keys(KeysQuery())
    passport = await world.accounts.passport(ByToken(opened.token))
    said = claims(passport.jwt, keys.jwks, world.clock.now())
    assert said["jti"]
    del said["jti"]
    at = int(world.clock.now().timestamp())
    assert said == {
        "iss": "matinee/accounts",
        "aud": "matinee/api",
        "sub": opened.account.id,
        "sid": opened.login.id,
        "pid": None,
        "roles": ["editor", "operator"],
        "mat": 0,
        "home": "DE",
        "iat": at,
        "exp": at + 60,
    }
    assert passport.expires_at == world.clock.now() + timedelta(seconds=60)
    await world.accounts.bind_profile(BindProfile(opened.account.id, opened.login.id, opened.profiles[0].id))
    said = claims((await world.accounts.passport(ByToken(opened.token))).jwt, keys.jwks, world.clock.now())
    assert (said["pid"], said["mat"]) == (opened.profiles[0].id, 18)


async def test_a_token_lives_while_it_is_used(world: World) -> None:
    opened = await world.member()
    for _ in range(4):
        world.clock.step(days=60)
        await world.accounts.passport(ByToken(opened.token))
    assert (await world.accounts.logins(ByAccount(opened.account.id))).logins[0].last_seen_at == world.clock.now()
    world.clock.step(days=90)
    with pytest.raises(Unauthenticated):
        await world.accounts.passport(ByToken(opened.token))
    assert (await world.accounts.logins(ByAccount(opened.account.id))).logins == []


async def test_only_hashes_are_stored(world: World) -> None:
    opened = await world.member("a@b.org")
    await world.begin("k", "b@b.org")
    profile = await world.accounts.create_profile(CreateProfile(opened.account.id, "Kid", pin="4711"))
    with pytest.raises(WrongPassword):
        await world.accounts.log_in(LogIn("my secret passphrase", "x"))
    stored = await world.db.read(
        lambda c: repr([c.execute(select(table)).all() for table in tables.metadata.sorted_tables])
    )
    assert profile.id in stored
    for secret in (PASSWORD, opened.token, "'4711'", "my secret passphrase"):
        assert secret not in stored
    assert PASSWORD not in repr(LogIn("a@b.org", PASSWORD))
    assert opened.token not in repr(opened)


async def test_revocations_come_in_order_and_are_resumed_by_cursor(world: World) -> None:
    first = await world.member("a@b.org")
    second = await world.accounts.log_in(LogIn("a@b.org", PASSWORD))
    start = await world.cursor()
    await world.accounts.log_out(ByToken(first.token))
    await world.accounts.end_login(EndLogin(second.account.id, second.login.id))
    await world.accounts.grant(Grant("A@B.org", frozenset({Role.SUPPORT})))
    found = await world.accounts.observe_revocations(ObserveRevocations(start, 0))
    assert (found.logins, found.accounts) == ([first.login.id, second.login.id], [first.account.id])
    again = await (await world.again()).observe_revocations(ObserveRevocations(start + 1, 0))
    assert (again.logins, again.accounts, again.cursor) == ([second.login.id], [first.account.id], start + 3)
    for token in (first.token, second.token):
        with pytest.raises(Unauthenticated):
            await world.accounts.passport(ByToken(token))


async def test_a_revocation_wakes_who_waits_here_and_in_another_process(world: World) -> None:
    opened = await world.member()
    start = await world.cursor()
    other = await world.again()
    waiting = [
        asyncio.ensure_future(a.observe_revocations(ObserveRevocations(start, 20))) for a in (world.accounts, other)
    ]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await world.accounts.log_out(ByToken(opened.token))
        for found in await asyncio.gather(*waiting):
            assert found.logins == [opened.login.id]


async def test_an_observer_with_nothing_to_see_gets_its_cursor_back(world: World) -> None:
    await world.member()
    end = await world.cursor()
    found = await world.accounts.observe_revocations(ObserveRevocations(end, 0.05))
    assert (found.cursor, found.logins, found.accounts) == (end, [], [])
    assert (await world.accounts.observe_revocations(ObserveRevocations(end + 1000, 5))).cursor == end


async def test_logging_out_twice_or_with_nonsense_is_quiet(world: World) -> None:
    opened = await world.member()
    for token in (opened.token, opened.token, "nonsense"):
        await world.accounts.log_out(ByToken(token))
    with pytest.raises(NotFound):
        await world.accounts.end_login(EndLogin(opened.account.id, opened.login.id))


async def test_another_accounts_login_and_profile_cannot_be_reached(world: World) -> None:
    ann, bob = await world.member("a@b.org"), await world.member("b@b.org")
    with pytest.raises(NotFound):
        await world.accounts.end_login(EndLogin(ann.account.id, bob.login.id))
    with pytest.raises(NoSuchProfile):
        await world.accounts.bind_profile(BindProfile(ann.account.id, ann.login.id, bob.profiles[0].id))
    with pytest.raises(NotFound):
        await world.accounts.bind_profile(BindProfile(ann.account.id, bob.login.id, ann.profiles[0].id))
    with pytest.raises(NoSuchProfile):
        await world.accounts.update_profile(UpdateProfile(ann.account.id, bob.profiles[0].id, name="Mine"))
    with pytest.raises(NoSuchProfile):
        await world.accounts.delete_profile(ByProfile(ann.account.id, bob.profiles[0].id))


async def test_a_profile_is_opened_by_its_pin_five_times_wrong_at_most(world: World) -> None:
    opened = await world.member()
    locked = await world.accounts.create_profile(CreateProfile(opened.account.id, "Papa", pin="1234"))
    assert locked.locked

    async def bind(pin: str | None) -> Any:
        return await world.accounts.bind_profile(BindProfile(opened.account.id, opened.login.id, locked.id, pin))

    with pytest.raises(WrongPin):
        await bind(None)
    assert (await bind("1234")).id == locked.id
    for _ in range(5):
        with pytest.raises(WrongPin):
            await bind("0000")
    with pytest.raises(RateLimited):
        await bind("1234")
    world.clock.step(minutes=15)
    assert (await bind("1234")).id == locked.id
    freed = await world.accounts.update_profile(UpdateProfile(opened.account.id, locked.id, pin=""))
    assert not freed.locked
    assert (await bind(None)).id == locked.id


async def test_five_profiles_and_never_none(world: World) -> None:
    opened = await world.member()
    mine = opened.account.id
    made = [world.accounts.create_profile(CreateProfile(mine, f"P{n}", Maturity.TEN, n)) for n in range(8)]
    outcomes = await asyncio.gather(*made, return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4
    profiles = (await world.accounts.household(ByAccount(mine))).profiles
    assert len(profiles) == 5
    for profile in profiles[:-1]:
        await world.accounts.delete_profile(ByProfile(mine, profile.id))
    with pytest.raises(Conflict):
        await world.accounts.delete_profile(ByProfile(mine, profiles[-1].id))


async def test_a_changed_limit_or_a_deleted_profile_revokes_its_logins(world: World) -> None:
    opened = await world.member()
    kid = await world.accounts.create_profile(CreateProfile(opened.account.id, "Kid", Maturity.SEVEN))
    await world.accounts.bind_profile(BindProfile(opened.account.id, opened.login.id, kid.id))
    start = await world.cursor()
    await world.accounts.update_profile(UpdateProfile(opened.account.id, kid.id, name="Kiddo", avatar=3))
    assert await world.cursor() == start
    changed = await world.accounts.update_profile(UpdateProfile(opened.account.id, kid.id, maturity=Maturity.TEN))
    assert (changed.name, changed.maturity, changed.avatar) == ("Kiddo", Maturity.TEN, 3)
    await world.accounts.delete_profile(ByProfile(opened.account.id, kid.id))
    found = await world.accounts.observe_revocations(ObserveRevocations(start, 0))
    assert found.logins == [opened.login.id] * 2
    keys = await world.accounts.passport_keys(KeysQuery())
    said = claims((await world.accounts.passport(ByToken(opened.token))).jwt, keys.jwks, world.clock.now())
    assert (said["pid"], said["mat"]) == (None, 0)


async def test_a_new_password_ends_every_login(world: World) -> None:
    opened = await world.member("a@b.org")
    start = await world.cursor()
    await world.accounts.set_password(SetPassword("A@b.org", "another horse"))
    found = await world.accounts.observe_revocations(ObserveRevocations(start, 0))
    assert found.accounts == [opened.account.id]
    with pytest.raises(Unauthenticated):
        await world.accounts.passport(ByToken(opened.token))
    with pytest.raises(WrongPassword):
        await world.accounts.log_in(LogIn("a@b.org", PASSWORD))
    await world.accounts.log_in(LogIn("a@b.org", "another horse"))
    with pytest.raises(NotFound):
        await world.accounts.set_password(SetPassword("nobody@b.org", "another horse"))


async def test_a_signup_opens_account_profile_and_login(world: World) -> None:
    begun = await world.begin("k1")
    assert begun.state is SignupState.STARTED
    assert await world.begin("k1") == begun
    opened = await world.accounts.end_signup(EndSignup("k1", paid=True, device="Phone"))
    assert opened is not None
    assert (opened.account.id, opened.profiles[0].id) == (begun.account_id, begun.profile_id)
    assert opened.login.device == "Phone"
    assert (await world.begin("k1")).state is SignupState.FINISHED
    again = await world.accounts.end_signup(EndSignup("k1", paid=True))
    assert again is not None
    assert again.account == opened.account
    assert again.login.id != opened.login.id
    for token in (opened.token, again.token):
        await world.accounts.passport(ByToken(token))
    with pytest.raises(EmailTaken):
        await world.begin("k2", "EVE@example.org")
    with pytest.raises(NotFound):
        await world.accounts.end_signup(EndSignup("k9", paid=True))


async def test_the_same_key_with_another_body_is_found_out(world: World) -> None:
    await world.begin("k1")
    with pytest.raises(IdempotencyConflict):
        await world.begin("k1", fingerprint="other")
    await world.accounts.end_signup(EndSignup("k1", paid=True))
    with pytest.raises(IdempotencyConflict):
        await world.begin("k1", fingerprint="other")


async def test_after_a_decline_a_new_key_takes_over_and_the_old_one_still_finds_it(world: World) -> None:
    begun = await world.begin("k1")
    assert await world.accounts.end_signup(EndSignup("k1", paid=False)) is None
    assert (await world.begin("k1")).state is SignupState.DECLINED
    taken = await world.begin("k2", "Eve@EXAMPLE.org")
    assert (taken.account_id, taken.profile_id, taken.state) == (
        begun.account_id,
        begun.profile_id,
        SignupState.STARTED,
    )
    assert (await world.begin("k1")).account_id == begun.account_id
    await world.accounts.end_signup(EndSignup("k2", paid=True))
    assert await world.accounts.end_signup(EndSignup("k2", paid=False)) is None
    assert (await world.begin("k1")).state is SignupState.FINISHED


async def test_many_tries_at_once_are_one_signup(world: World) -> None:
    begun = await asyncio.gather(*(world.begin(f"k{n % 3}") for n in range(9)))
    assert len({one.account_id for one in begun}) == 1


async def test_another_password_neither_takes_over_nor_blocks(world: World) -> None:
    thief = await world.begin("thief", password="thief's password")
    for n in range(12):
        await world.begin(f"more{n}", password=f"thief's password {n}")
    mine = await world.begin("mine")
    assert mine.account_id != thief.account_id
    opened = await world.accounts.end_signup(EndSignup("mine", paid=True))
    assert opened is not None
    assert opened.account.id == mine.account_id
    with pytest.raises(EmailTaken):
        await world.begin("thief", password="thief's password")
    with pytest.raises(EmailTaken):
        await world.accounts.end_signup(EndSignup("thief", paid=True))
    with pytest.raises(WrongPassword):
        await world.accounts.log_in(LogIn("eve@example.org", "thief's password"))


async def test_an_unfinished_signup_lapses_and_a_paid_one_is_honoured_late(world: World) -> None:
    begun = await world.begin("k1")
    world.clock.step(hours=22, minutes=59)
    assert await world.begin("k1") == begun
    world.clock.step(minutes=1)
    other = await world.begin("k2")
    assert other.account_id != begun.account_id
    await world.accounts.end_signup(EndSignup("k2", paid=False))
    opened = await world.accounts.end_signup(EndSignup("k1", paid=True))
    assert opened is not None
    assert opened.account.id == begun.account_id


async def test_a_lapsed_key_begins_anew_with_any_body(world: World) -> None:
    begun = await world.begin("k1")
    world.clock.step(hours=23)
    fresh = await world.begin("k1", password="another password")
    assert fresh.account_id != begun.account_id


async def test_a_finished_key_opens_no_logins_after_its_day_or_a_new_password(world: World) -> None:
    await world.begin("k1")
    await world.accounts.end_signup(EndSignup("k1", paid=True))
    await world.begin("k2", "two@example.org")
    await world.accounts.end_signup(EndSignup("k2", paid=True))
    await world.accounts.set_password(SetPassword("two@example.org", "another horse"))
    with pytest.raises(NotFound):
        await world.accounts.end_signup(EndSignup("k2", paid=True))
    with pytest.raises(EmailTaken):
        await world.begin("k2", "two@example.org")
    world.clock.step(hours=23)
    with pytest.raises(EmailTaken):
        await world.begin("k1")
    with pytest.raises(EmailTaken):
        await world.accounts.end_signup(EndSignup("k1", paid=True))


async def test_what_a_crash_left_is_found_and_ended(world: World) -> None:
    begun = await world.begin("k1")
    await world.begin("k2", "declined@example.org")
    await world.accounts.end_signup(EndSignup("k2", paid=False))
    assert (await world.accounts.stalled_signups(StalledQuery())).signups == []
    world.clock.step(days=3)
    accounts = await world.again()
    await world.begin("k3", "new@example.org")
    found = (await accounts.stalled_signups(StalledQuery())).signups
    assert found == [begun]
    opened = await accounts.end_signup(EndSignup(found[0].key, paid=True))
    assert opened is not None
    assert (await accounts.log_in(LogIn("eve@example.org", PASSWORD))).account == opened.account
    assert (await accounts.stalled_signups(StalledQuery())).signups == []


async def test_events_name_ids_and_no_person(world: World) -> None:
    opened = await world.member("ann@b.org")
    await world.accounts.log_out(ByToken(opened.token))
    rows = await world.db.read(lambda c: c.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all())
    events = [msgspec.json.decode(row.event) for row in rows]
    assert [event["type"] for event in events] == [
        "matinee.account.created",
        "matinee.account.login_opened",
        "matinee.account.login_ended",
    ]
    assert {(row.topic, row.key) for row in rows} == {("accounts", opened.account.id)}
    assert not any(word in repr(rows) for word in ("ann@", "Ann", "TV"))
