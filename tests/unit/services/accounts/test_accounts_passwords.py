from __future__ import annotations

import asyncio

from pwdlib.hashers.argon2 import Argon2Hasher

from matinee.runtime.errors import Unavailable
from matinee.services.accounts.passwords import Passwords

WEAK = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_fits_its_hash_only() -> None:
    passwords = Passwords(WEAK)
    known = await passwords.hash("caf\u00e9 au lait")
    assert await passwords.verify("cafe\u0301 au lait", known) == (True, None)
    assert await passwords.verify("cafe au lait", known) == (False, None)
    passwords.close()


async def test_nobodys_password_is_hashed_and_fits_nothing() -> None:
    passwords = Passwords(WEAK)
    assert await passwords.verify("anything", None) == (False, None)
    passwords.close()


async def test_a_hash_of_weaker_parameters_is_made_anew() -> None:
    old, new = Passwords(WEAK), Passwords(Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1))
    known = await old.hash("password")
    fits, better = await new.verify("password", known)
    assert fits
    assert better is not None
    assert await new.verify("password", better) == (True, None)
    old.close()
    new.close()


async def test_a_storm_is_turned_away_and_the_rest_served() -> None:
    passwords = Passwords(WEAK)
    outcomes = await asyncio.gather(*(passwords.hash(f"password {n}") for n in range(80)), return_exceptions=True)
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 16
    assert await passwords.hash("password")
    passwords.close()
