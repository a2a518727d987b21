from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from matinee.api.stalled import finish_stalled
from matinee.runtime.errors import Unavailable
from matinee.services.accounts.contract import BeginSignup, LogIn, WrongPassword
from matinee.services.billing.contract import Subscribe

if TYPE_CHECKING:
    from conftest import House


async def begun(house: House, email: str, *, paid: bool) -> None:
    """A sign-up whose process died between the charge and the end, or before the charge."""
    message = BeginSignup(f"key-{email}", "f" * 64, email, "correct horse", "Grace", "standard", "DE")
    signup = await house.clients.accounts.begin_signup(message)
    if paid:
        subscribe = Subscribe(signup.key, signup.account_id, email, "standard", "pm_card_visa")
        await house.clients.billing.subscribe(subscribe)
    house.clock.advance(timedelta(minutes=11))


async def test_what_was_paid_for_is_opened(house: House) -> None:
    await begun(house, "paid@example.org", paid=True)
    assert await finish_stalled(house.clients.accounts, house.clients.billing) == 1
    opened = await house.clients.accounts.log_in(LogIn("paid@example.org", "correct horse"))
    assert opened.profiles
    assert await finish_stalled(house.clients.accounts, house.clients.billing) == 0


async def test_what_was_not_paid_for_is_let_go(house: House) -> None:
    await begun(house, "unpaid@example.org", paid=False)
    assert await finish_stalled(house.clients.accounts, house.clients.billing) == 1
    with pytest.raises(WrongPassword):
        await house.clients.accounts.log_in(LogIn("unpaid@example.org", "correct horse"))
    assert await finish_stalled(house.clients.accounts, house.clients.billing) == 0


async def test_while_billing_is_away_nothing_is_decided(house: House) -> None:
    await begun(house, "paid@example.org", paid=True)
    house.channels["billing"].broken = True
    with pytest.raises(Unavailable):
        await finish_stalled(house.clients.accounts, house.clients.billing)
    house.channels["billing"].broken = False
    assert await finish_stalled(house.clients.accounts, house.clients.billing) == 1
