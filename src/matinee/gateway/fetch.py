from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import NamedTuple, Protocol

from matinee.gateway.answer import Answer
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.caching import rules
from matinee.gateway.caching.conditions import CONDITIONAL
from matinee.gateway.caching.directives import directives
from matinee.gateway.caching.stored import Stored, fields_of
from matinee.gateway.category import Category
from matinee.gateway.forwarding import Answered, Forwarding
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.framing import LAST_CHUNK, chunk
from matinee.gateway.wire.head import ReplyHead
from matinee.gateway.wire.upstream import Upstream
from matinee.runtime.errors import DeadlineExceeded, MatineeError


class Key(NamedTuple):
    """`resource` is what an unsafe request makes void, `way` what else beside a server's own choice (`Vary`) leads to different
    answers: the route with its servers, the territory, and the page that asks."""

    resource: tuple[str, bytes]
    way: tuple[str, str, bytes | None]


class Asker(NamedTuple):
    """Who asks, where an answer is not for all: the very same credentials from the very same place."""

    token: bytes
    cookie: bytes | None
    authorization: bytes | None
    address: str


Group = tuple[Key, Asker | None]
"""Who may wait for one fetch: all who ask the same, or, where answers are each member's own, one asker's equal requests."""


class Leader(Answered, Protocol):
    """The exchange whose request goes to the server."""

    def answer(self, answer: Answer, category: Category | None = None) -> None: ...


class Shared(Protocol):
    """Where fetches are known to each other, and what they leave behind is kept."""

    traffic: Traffic

    @property
    def under_way(self) -> MutableMapping[Group, Fetch]: ...

    def keep(self, key: Key, stored: Stored, request: Request) -> None: ...

    def personal(self, key: Key) -> None:
        """The answers of this resource are each member's own."""
        ...

    def answer(self, request: Request, stored: Stored) -> Answer: ...


class Fetch:
    """A request on its way whose answer may be for others. What comes goes to the one who asked first as it comes, and into a
    recording, as long as it may be shared and is not too large; whoever waits has the recording once it is whole.

    Where the first is gone and others wait, it goes on without. `stored` is an answer at hand that is no longer good: the server
    is asked whether it has changed.
    """

    is_head = False
    takes_trailers = False
    sent_whole = True

    def __init__(self, sharing: Shared, group: Group, request: Request, stored: Stored | None) -> None:
        self.asker = asker(request)
        self.outcome: asyncio.Future[Stored | None] = asyncio.get_running_loop().create_future()
        self.followers = 0
        self.for_all = False
        self.void = False
        self._sharing = sharing
        self._group = group
        self._request = request
        self._stored = stored if stored is not None and stored.conditions() else None
        self._leader: Leader | None = None
        self._forwarding: Forwarding | None = None
        self._head: ReplyHead | None = None
        self._pieces: list[bytes] | None = None
        self._size = 0
        self._chunks = self._full = False
        self._asked = self._last = 0.0

    # ---- by the exchange, in the place of the forwarding

    def lead(self, leader: Leader, cluster: Cluster) -> None:
        """Goes to a server for `leader`, and for whoever comes to wait."""
        self._leader = leader
        self.alone(cluster)

    def alone(self, cluster: Cluster) -> None:
        sharing, request = self._sharing, self._request
        self._asked, self._last = sharing.traffic.now(), sharing.traffic.tick()
        if self._stored is not None:
            request.leave_out(CONDITIONAL)
            for name, value in self._stored.conditions().items():
                request.add(name, value)
        sharing.under_way.setdefault(self._group, self)
        if self._leader is None:
            sharing.traffic.under_way.add(self)
        self._forwarding = Forwarding(self, request, cluster, sharing.traffic, [])
        self._forwarding.dispatch()

    blocked = False

    def body(self, data: bytes) -> None:
        """It has none."""

    def client_full(self, full: bool) -> None:  # noqa: FBT001
        """One who reads slowly keeps nobody waiting, as long as what is recorded bounds what piles up."""
        self._full = full
        if self._forwarding is not None and not (full and self._pieces is not None):
            self._forwarding.client_full(full)

    def check(self, now: float) -> None:
        if self._forwarding is not None:
            self._forwarding.check(now)
        if self._leader is None and now > self._last + self._sharing.traffic.limits.answer_s:
            self._fail(DeadlineExceeded("The server behind the gateway did not answer in time"))
            self._drop()

    def late(self) -> None:
        if self._forwarding is not None:
            self._forwarding.late()

    def drop(self) -> None:
        """Who asked is gone. Where others wait it goes on for them."""
        self._leader = None
        if self.followers and not self.outcome.done():
            self._sharing.traffic.under_way.add(self)
            if self._forwarding is not None:
                self._forwarding.client_full(False)  # noqa: FBT003
        else:
            self._drop()

    def _drop(self) -> None:
        self._settle(None)
        if self._forwarding is not None:
            self._forwarding.drop()

    # ---- by the forwarding (`Answered`)

    def plain(self, head: ReplyHead) -> bool:
        """Content is recorded without its framing; for the leader it gets one again."""
        self._chunks = self._leader is not None and not self._leader.plain(head)
        return True

    def interim(self, head: ReplyHead) -> None:
        if self._leader is not None:
            self._leader.interim(head)

    def switches(self, head: bytes) -> bool:  # noqa: ARG002 - never, whatever it says
        return False

    def switched(self, head: ReplyHead, upstream: Upstream, data: bytes) -> None:  # noqa: ARG002 - as `switches`
        raise AssertionError  # `switches` says no

    def reply(self, head: ReplyHead, content: bytes) -> None:
        self._last = self._sharing.traffic.tick()
        if head.length != -1:
            self._chunks = False
        if head.status == 304 and self._stored is not None:
            self._unchanged(self._stored, head)
            return
        if head.status >= 500 and self._stale_instead():
            return
        self._consider(head)
        self._record(content)
        if self._leader is not None:
            self._leader.reply(head, chunk(content) if self._chunks else content)
        elif self._pieces is None:
            self._drop()

    def content(self, data: bytes) -> None:
        self._last = self._sharing.traffic.tick()
        self._record(data)
        if self._leader is not None:
            self._leader.content(chunk(data) if self._chunks else data)
        elif self._pieces is None:
            self._drop()

    def done(self) -> None:
        leader, self._leader = self._leader, None
        if self._pieces is not None and self._head is not None:
            stored = self._made(self._head, b"".join(self._pieces))
            self._keep(stored)
            self._settle(stored)
        self._settle(None)
        if leader is not None:
            if self._chunks:
                leader.content(LAST_CHUNK)
            leader.done()

    def refuse(self, error: MatineeError, category: Category) -> None:
        if self._stale_instead():
            return
        leader, self._leader = self._leader, None
        self._fail(error)
        if leader is not None:
            leader.refuse(error, category)

    def hold(self, *, held: bool) -> None:
        """It has no body that could wait for the server."""

    def waiting(self) -> None:
        if self._leader is not None:
            self._leader.waiting()

    # ---- what becomes of the answer

    def may_serve(self, who: Asker) -> bool:
        """Whether it is not yet known that its answer is not for them."""
        if self.void or self.outcome.done():
            return False
        return self._head is None or (self._pieces is not None and (self.for_all or who == self.asker))

    def _consider(self, head: ReplyHead) -> None:
        """Whether this answer may be for others: only then it is recorded."""
        fields = fields_of(head.raw)
        said = directives(fields.get(b"cache-control"))
        self._head = head
        self.for_all = rules.for_all(head.status, fields, said)
        most = self._sharing.traffic.limits.kept_answer_bytes
        if head.length > most or head.length == -2:
            self._settle(None)
        elif self.for_all or (self._collapses() and rules.for_same_asker(head.status, fields, said)):
            self._pieces = []
        else:
            self._settle(None)
        if not self.for_all:
            self._sharing.personal(self._group[0])

    def _collapses(self) -> bool:
        return self._request.route is not None and self._request.route.rule.collapse

    def _record(self, data: bytes) -> None:
        if self._pieces is None or not data:
            return
        self._pieces.append(data)
        self._size += len(data)
        if self._size > self._sharing.traffic.limits.kept_answer_bytes:
            self._pieces = None
            self._settle(None)
            self.client_full(self._full)

    def _made(self, head: ReplyHead, body: bytes) -> Stored:
        request, now = self._request, self._sharing.traffic.now()
        return Stored(head, body, request.fields, self._asked, now, self._most_s())

    def _most_s(self) -> float:
        rule = self._request.route.rule if self._request.route is not None else None
        return rule.caching.most_s if rule is not None and rule.caching is not None else 0.0

    def _keep(self, stored: Stored) -> None:
        if self.for_all and not self.void and self._most_s() and rules.worth_keeping(stored.fields, stored.said):
            self._sharing.keep(self._group[0], stored, self._request)

    def _unchanged(self, stored: Stored, head: ReplyHead) -> None:
        """The answer at hand is good again, with the new fields."""
        request, now = self._request, self._sharing.traffic.now()
        renewed = stored.renewed(head, request.fields, self._asked, now, self._most_s())
        self.for_all = rules.for_all(renewed.status, renewed.fields, renewed.said)
        self._keep(renewed)
        self._give(renewed)
        self._settle(renewed if self.for_all else None)

    def _stale_instead(self) -> bool:
        """After an error: the old answer, where its server had allowed that (RFC 5861 4)."""
        stored = self._stored
        if stored is None or self._head is not None or not stored.better_than_an_error(self._sharing.traffic.now()):
            return False
        self.for_all = True
        self._give(stored)
        self._settle(stored)
        return True

    def _give(self, stored: Stored) -> None:
        leader, self._leader = self._leader, None
        if leader is not None:
            leader.answer(self._sharing.answer(self._request, stored))

    def _fail(self, error: MatineeError) -> None:
        """All who wait have the same refusal: asking the server again for each would make it worse."""
        self._over()
        if not self.outcome.done():
            self.outcome.set_exception(error)
            self.outcome.exception()  # perhaps nobody waits

    def _settle(self, stored: Stored | None) -> None:
        self._over()
        if not self.outcome.done():
            self.outcome.set_result(stored)

    def _over(self) -> None:
        if self._sharing.under_way.get(self._group) is self:
            del self._sharing.under_way[self._group]
        self._sharing.traffic.under_way.discard(self)


def asker(request: Request) -> Asker:
    """Who asks, by what of a request says so."""
    fields = request.fields
    return Asker(request.token, fields.get(b"cookie"), fields.get(b"authorization"), request.peer.address)
