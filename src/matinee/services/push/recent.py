from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from matinee.services.push import rules
from matinee.services.push.contract import Numbered


class _Kept(Struct, frozen=True):
    at: float
    numbered: Numbered


class Recent:
    """The messages of the last while, for who comes back: so many of an account, so many in all."""

    def __init__(self) -> None:
        self._in_order: deque[_Kept] = deque()
        self._by_account: dict[str | None, deque[_Kept]] = {}

    def keep(self, numbered: Numbered, now: float) -> None:
        kept, account = _Kept(now, numbered), numbered.message.account_id
        self._in_order.append(kept)
        own = self._by_account.setdefault(account, deque(maxlen=rules.MOST_KEPT))
        own.append(kept)
        self.forget(now)

    def forget(self, now: float) -> None:
        """What is older than the window, and the oldest where there are too many."""
        order = self._in_order
        while order and (order[0].at < now - rules.WINDOW_S or len(order) > rules.MOST_KEPT_IN_ALL):
            oldest = order.popleft()
            account = oldest.numbered.message.account_id
            own = self._by_account.get(account)
            if own and own[0] is oldest:
                own.popleft()
            if not own:
                self._by_account.pop(account, None)

    def of(self, account_id: str, now: float) -> Iterator[Numbered]:
        """The account's and those for all, in order."""
        self.forget(now)
        found = [*self._by_account.get(account_id, ()), *self._by_account.get(None, ())]
        yield from (kept.numbered for kept in sorted(found, key=lambda kept: kept.numbered.number))
