"""Sign-ups that a crash left between the charge and their end: a timer brings them to one."""

from __future__ import annotations

from matinee.services.accounts.contract import Accounts, EmailTaken, EndSignup, Signup, StalledQuery
from matinee.services.billing.contract import Billing, ByAccount, NotSubscribed


async def finish_stalled(accounts: Accounts, billing: Billing) -> int:
    """Opens what was paid for and lets go of what was not; how many sign-ups that were."""
    stalled = await accounts.stalled_signups(StalledQuery())
    for signup in stalled.signups:
        await _finish(accounts, billing, signup)
    return len(stalled.signups)


async def _finish(accounts: Accounts, billing: Billing, signup: Signup) -> None:
    account = ByAccount(signup.account_id)
    try:
        await billing.subscription(account)
    except NotSubscribed:
        await accounts.end_signup(EndSignup(signup.key, paid=False))
        return
    try:
        await accounts.end_signup(EndSignup(signup.key, paid=True, device="Sign-up"))
    except EmailTaken:
        await billing.cancel(account)
