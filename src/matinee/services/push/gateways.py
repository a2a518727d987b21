from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from msgspec import Struct

from matinee.runtime.bell import Bell
from matinee.services.push import rules
from matinee.services.push.contract import Holding, Message, Numbered

_Who = tuple[str | None, frozenset[str]]


class Held(Struct, frozen=True):
    holding: Holding
    ends: float


class Gateway:
    """What one gateway holds, and the messages that wait for it. Times are monotonic seconds."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.dropped = 0
        self.bell = Bell()
        self._accounts: dict[str, dict[_Who, Held]] = {}
        self._waiting: deque[Numbered] = deque()

    def renew(self, holdings: Iterable[Holding], ends: float, *, whole: bool) -> None:
        if whole:
            self._accounts.clear()
        for holding in holdings:
            own = self._accounts.setdefault(holding.account_id, {})
            who = holding.profile_id, holding.audiences
            if holding.connections:
                own[who] = Held(holding, ends)
            else:
                own.pop(who, None)
            if not own:
                del self._accounts[holding.account_id]

    def devices(self, message: Message, now: float) -> int:
        """How many of its connections a message is for."""
        if message.account_id is None:
            every = (held for own in self._accounts.values() for held in own.values())
        else:
            every = iter(self._accounts.get(message.account_id, {}).values())
        return sum(held.holding.connections for held in every if held.ends > now and rules.meant(message, held.holding))

    def put(self, numbered: Numbered) -> None:
        self._waiting.append(numbered)
        if len(self._waiting) > rules.MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self.bell.ring()

    def after(self, number: int) -> Sequence[Numbered]:
        """The next that wait; those up to this number have come and are let go."""
        while self._waiting and self._waiting[0].number <= number:
            self._waiting.popleft()
        return [numbered for numbered, _ in zip(self._waiting, range(rules.MOST_AT_ONCE), strict=False)]

    def settle(self, now: float) -> None:
        """Lets go of what was not told again."""
        for account, own in list(self._accounts.items()):
            for who in [who for who, held in own.items() if held.ends <= now]:
                del own[who]
            if not own:
                del self._accounts[account]
