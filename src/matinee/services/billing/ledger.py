"""The ledger: double entry, append-only. Each entry sums to zero in every currency, so all of them do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import milliseconds
from matinee.runtime.ids import Ids
from matinee.services.billing.contract import Balance
from matinee.services.billing.tables import ledger_account, ledger_entry, ledger_line
from matinee.terms.money import Money

PROCESSOR = "assets:processor"
SUBSCRIPTIONS = "income:subscriptions"

Line = tuple[str, Money]


class Ledger:
    def __init__(self, db: Database, ids: Ids) -> None:
        self._db = db
        self._ids = ids

    def book(self, connection: Connection, reference: str, lines: Sequence[Line], at: datetime) -> None:
        """One entry, in the transaction of what it books; a reference is booked once. Raises ValueError where it is not even."""
        if uneven(lines):
            msg = f"the entry {reference} does not sum to zero"
            raise ValueError(msg)
        entry_id = self._ids.new(kinds.ENTRY)
        connection.execute(insert(ledger_entry).values(id=entry_id, reference=reference, at=milliseconds(at)))
        rows = [
            {
                "entry_id": entry_id,
                "position": position,
                "account": account,
                "amount": money.amount,
                "currency": money.currency,
            }
            for position, (account, money) in enumerate(lines)
        ]
        connection.execute(insert(ledger_line), rows)

    async def balance(self) -> Balance:
        """The sum of the lines of each account and currency."""

        def unit(connection: Connection) -> Balance:
            accounts: dict[str, list[Money]] = {name: [] for name in connection.scalars(select(ledger_account.c.name))}
            query = select(ledger_line.c.account, ledger_line.c.currency, func.sum(ledger_line.c.amount).label("total"))
            query = query.group_by(ledger_line.c.account, ledger_line.c.currency).order_by(ledger_line.c.currency)
            for row in connection.execute(query):
                accounts[row.account].append(Money(int(row.total), row.currency))
            return Balance(accounts)

        return await self._db.read(unit, fresh=True)


def uneven(lines: Sequence[Line]) -> dict[str, int]:
    """The currencies in which the lines do not sum to zero, with their sums."""
    sums: Counter[str] = Counter()
    for _, money in lines:
        sums[money.currency] += money.amount
    return {currency: total for currency, total in sums.items() if total}
