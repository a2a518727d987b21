from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from matinee.gateway.passport import Known, Passports
from matinee.runtime.errors import Unauthenticated, Unavailable
from matinee.services.accounts.contract import ByToken, ObserveRevocations, Passport, Revocations

Eventually = Callable[..., Awaitable[None]]
START = datetime(2026, 1, 1, tzinfo=UTC)


class HandClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    real_now = now

    def monotonic(self) -> float:
        return self.seconds


class Accounts:
    """Answers when it is let to: `gate` holds passports back, `told` are the revocations that the watch is given."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.told: asyncio.Queue[Revocations | Exception] = asyncio.Queue()
        self.questions: list[ObserveRevocations] = []

    async def passport(self, message: ByToken) -> Passport:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if message.token == "dead":
            raise Unavailable
        if message.token != "good":
            raise Unauthenticated
        return Passport(f"jwt-{number}", "lgn_1", "acc_1", self.clock.now() + timedelta(seconds=60))

    async def observe_revocations(self, message: ObserveRevocations) -> Revocations:
        self.questions.append(message)
        told = await self.told.get()
        if isinstance(told, Exception):
            raise told
        return told


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def accounts(clock: HandClock) -> Accounts:
    return Accounts(clock)


@pytest.fixture
async def passports(accounts: Accounts, clock: HandClock, eventually: Eventually) -> AsyncIterator[Passports]:
    made = Passports(accounts, clock)  # pyright: ignore[reportArgumentType]
    watching = asyncio.create_task(made.watch())
    accounts.told.put_nowait(Revocations(7, [], []))
    await eventually(lambda: made.trusted)
    yield made
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def find(passports: Passports, token: bytes, clock: HandClock) -> Known:
    found = passports.find(token, clock.now().timestamp())
    return found if isinstance(found, Known) else await found


def cached(passports: Passports, token: bytes, clock: HandClock) -> bool:
    found = passports.find(token, clock.now().timestamp())
    if isinstance(found, Known):
        return True
    found.close()  # type: ignore[attr-defined]
    return False


async def test_the_watch_begins_where_the_list_ends_and_goes_on_from_there(
    passports: Passports, accounts: Accounts, eventually: Eventually
) -> None:
    await eventually(lambda: len(accounts.questions) == 2)
    assert [question.after for question in accounts.questions] == [-1, 7]


async def test_a_passport_is_kept_for_half_a_minute(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    assert (await find(passports, b"good", clock)).jwt == b"jwt-1"
    assert (await find(passports, b"good", clock)).jwt == b"jwt-1"
    clock.seconds = 31
    accounts.told.put_nowait(Revocations(7, [], []))
    await eventually(lambda: passports.trusted)
    assert (await find(passports, b"good", clock)).jwt == b"jwt-2"


async def test_one_that_has_run_out_by_the_calendar_is_not_used(passports: Passports, clock: HandClock) -> None:
    await find(passports, b"good", clock)
    assert isinstance(passports.find(b"good", clock.now().timestamp() + 59), Known)
    later = passports.find(b"good", clock.now().timestamp() + 60)
    assert not isinstance(later, Known)
    assert (await later).jwt == b"jwt-2"


async def test_a_token_of_no_one_is_remembered_for_a_moment(
    passports: Passports, accounts: Accounts, clock: HandClock
) -> None:
    for _ in range(3):
        assert (await find(passports, b"none", clock)).jwt == b""
    assert accounts.asked == 1


async def test_silence_of_more_than_a_second_is_not_trusted(passports: Passports, clock: HandClock) -> None:
    await find(passports, b"good", clock)
    clock.seconds = 0.9
    assert cached(passports, b"good", clock)
    clock.seconds = 1.1
    assert not passports.trusted
    assert not cached(passports, b"good", clock)


@pytest.mark.parametrize("told", [Revocations(8, ["lgn_1"], []), Revocations(8, [], ["acc_1"])])
async def test_a_revocation_drops_the_passport(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually, told: Revocations
) -> None:
    await find(passports, b"good", clock)
    accounts.told.put_nowait(told)
    await eventually(lambda: not cached(passports, b"good", clock))


async def test_a_revocation_of_another_leaves_it(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    await find(passports, b"good", clock)
    accounts.told.put_nowait(Revocations(8, ["lgn_2"], ["acc_2"]))
    await eventually(lambda: len(accounts.questions) == 3)
    assert cached(passports, b"good", clock)


async def test_an_answer_from_before_a_revocation_is_not_kept(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    accounts.gate.clear()
    before = asyncio.create_task(find(passports, b"good", clock))
    await eventually(lambda: accounts.asked == 1)
    accounts.told.put_nowait(Revocations(8, ["lgn_1"], []))
    await eventually(lambda: len(accounts.questions) == 3)
    after = asyncio.create_task(find(passports, b"good", clock))
    await eventually(lambda: accounts.asked == 2)
    accounts.gate.set()
    assert (await before).jwt == b"jwt-1"
    assert (await after).jwt == b"jwt-2"
    assert (await find(passports, b"good", clock)).jwt == b"jwt-2"


async def test_a_broken_watch_forgets_all_and_begins_anew(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    await find(passports, b"good", clock)
    accounts.told.put_nowait(Unavailable("gone"))
    await eventually(lambda: not passports.trusted)
    assert not cached(passports, b"good", clock)
    accounts.told.put_nowait(Revocations(9, [], []))
    await eventually(lambda: passports.trusted)
    assert [question.after for question in accounts.questions][-2:] in ([-1, 9], [7, -1])
    assert not cached(passports, b"good", clock)


async def test_one_question_for_many(passports: Passports, accounts: Accounts, clock: HandClock) -> None:
    found = await asyncio.gather(*(find(passports, b"good", clock) for _ in range(5)))
    assert {known.jwt for known in found} == {b"jwt-1"}


async def test_accounts_that_cannot_tell(passports: Passports, accounts: Accounts, clock: HandClock) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable):
            await find(passports, b"dead", clock)
    assert accounts.asked == 2


async def test_who_changed_their_session_is_not_given_the_passport_from_before(
    passports: Passports, accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    assert (await find(passports, b"good", clock)).jwt == b"jwt-1"
    accounts.gate.clear()
    clock.seconds = 0.1
    passports.forget(b"good")
    early = asyncio.ensure_future(find(passports, b"good", clock))
    await eventually(lambda: accounts.asked == 2)
    passports.forget(b"good")  # while the answer from before the change is still under way
    accounts.gate.set()
    await early
    assert (await find(passports, b"good", clock)).jwt == b"jwt-3"


async def test_made_up_tokens_do_not_push_out_the_members(
    accounts: Accounts, clock: HandClock, eventually: Eventually
) -> None:
    made = Passports(accounts, clock, size=8)  # pyright: ignore[reportArgumentType]
    watching = asyncio.create_task(made.watch())
    accounts.told.put_nowait(Revocations(7, [], []))
    await eventually(lambda: made.trusted)
    await find(made, b"good", clock)
    for number in range(50):
        assert not (await find(made, b"made-up-%d" % number, clock)).jwt
    assert cached(made, b"made-up-49", clock)
    assert not cached(made, b"made-up-0", clock)
    assert cached(made, b"good", clock)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
