"""Which server of a cluster: two at random, the one where the request costs less (Mitzenmacher's power of two choices, 2001;
what a request costs: `cost`). The own zone is first, others take what it cannot (`zones`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import exp, inf
from random import Random

from matinee.gateway.balancing.budget import RetryBudget
from matinee.gateway.balancing.cost import cost, slowness, trouble, typical
from matinee.gateway.balancing.ejection import fails, outliers, room
from matinee.gateway.balancing.rules import RULES, Rules
from matinee.gateway.balancing.server import Server
from matinee.gateway.balancing.zones import Level, parts
from matinee.gateway.balancing.zones import room as room_of

_GATEWAY_FAILURES = frozenset({0, 502, 503, 504})


class Cluster:
    """The servers that give the same answers, as a gateway in `zone` shares requests out among them.

    `pick` is called for every request and only compares numbers; `sweep`, a few times a second, and `failed` and
    `unreachable`, when something went wrong, work them out.
    """

    def __init__(
        self, name: str, servers: Sequence[Server], random: Random, zone: str = "home", rules: Rules = RULES
    ) -> None:
        self.name = name
        self.zone = zone
        self.rules = rules
        self.budget = RetryBudget()
        self._random = random.random
        self._servers: Sequence[Server] = ()
        self._near: Sequence[Server] = ()
        self._far: Sequence[Server] = ()
        self._spill = 0.0
        self._leaving: list[Server] = []
        self._swept = self._compared = -inf
        self.servers = servers

    @property
    def servers(self) -> Sequence[Server]:
        return self._servers

    @servers.setter
    def servers(self, servers: Sequence[Server]) -> None:
        """Replaces the servers, at any time. Who comes to others begins on probation; who is no longer here ends what it has."""
        before = self._servers
        self._leaving += [server for server in before if server not in servers]
        self._leaving = [server for server in self._leaving if server not in servers]
        for server in servers if before else ():
            if server not in before:
                server.standing.probation()
                server.share = server.standing.share(self._swept, self.rules)
        self._servers = tuple(servers)
        self.arrange(self._swept)

    # ---- for each request

    def pick(self, tried: Collection[Server]) -> Server | None:
        """A server that this request has not tried: of the healthy ones, else of all; None where all were tried."""
        if tried:
            return self._untried(tried)
        servers = self._near
        if self._spill and self._random() < self._spill:
            servers = self._far
        count = len(servers)
        if count < 2:
            return servers[0] if count else None
        first = int(self._random() * count)
        second = int(self._random() * (count - 1))
        a, b = servers[first], servers[second if second < first else second + 1]
        if (a.in_flight + 1) * a.cost > (b.in_flight + 1) * b.cost:
            a, b = b, a
        return a if a.share == 1.0 else self._thinned(a, b)

    def _thinned(self, better: Server, other: Server) -> Server:
        """The better one does not get its whole share yet: on probation one request at a time, then its part of the choices, more
        the worse the other one is."""
        if better.share >= other.share:
            return better
        if better.share == 0.0:
            return other if better.in_flight else better
        chance = better.share * (other.in_flight + 1) * other.cost
        return better if self._random() * other.share * (better.in_flight + 1) * better.cost < chance else other

    def _untried(self, tried: Collection[Server]) -> Server | None:
        """After two of the own zone another one's come first, or a zone that has died would take all tries (as Envoy's
        `previous_priorities`)."""
        first, second = (self._near, self._far) if len(tried) < 2 else (self._far, self._near)
        for servers in (first, second, self._servers):
            fresh = [server for server in servers if server not in tried]
            if fresh:
                return self._better(fresh)
        return None

    def _better(self, servers: list[Server]) -> Server:
        if len(servers) == 1:
            return servers[0]
        first = servers.pop(int(self._random() * len(servers)))
        second = servers[int(self._random() * len(servers))]
        return first if (first.in_flight + 1) * first.cost <= (second.in_flight + 1) * second.cost else second

    # ---- when something went wrong

    def failed(self, server: Server, status: int, now: float) -> None:
        """The server answered with a server error, or did not answer what it was sent (`status` 0)."""
        server.record.failed(now, gateway=status in _GATEWAY_FAILURES)
        server.record.trouble = trouble(server.record)
        server.cost = cost(server.record)
        again = server.standing.on_probation and server.standing.ejections > 0
        if again or fails(server.record, self.rules.ejection):
            self._eject(server, now)

    def unreachable(self, server: Server, now: float) -> None:
        """No connection could be made to the server."""
        server.standing.rest(now)
        self.arrange(now)

    def checked(self, server: Server, now: float, *, passed: bool) -> None:
        """An active check has come to its conclusion."""
        server.standing.checked(passed=passed)
        self.arrange(now)

    def left_out(self, server: Server) -> bool:
        """Whether its checks fail, and others are used in its stead."""
        return not server.standing.passes and server not in self._near and server not in self._far

    def _eject(self, server: Server, now: float) -> None:
        if server.standing.ejected(now):
            return
        out = sum(each.standing.ejected(now) for each in self._servers)
        if room(out, len(self._servers), self.rules.ejection):
            server.standing.eject(now, self.rules.ejection)
            server.record.forgive()
            self.arrange(now)

    # ---- a few times a second

    def sweep(self, now: float) -> None:
        """Works out anew what choices are made by."""
        passed_s, self._swept = now - self._swept, now
        for server in self._servers:
            server.record.settle(exp(-passed_s / self.rules.now_s))
        usual = typical(server.record for server in self._servers)
        for server in self._servers:
            self._judge(server, usual, exp(-passed_s / self.rules.decay_s))
            if server.record.proven:
                server.standing.prove(now)
        if now - self._compared >= self.rules.ejection.interval_s:
            self._compared = now
            self._compare(now)
        self.arrange(now)

    def _judge(self, server: Server, usual: float, keep: float) -> None:
        record = server.record
        record.read(keep)
        record.slowness = slowness(record, usual, keep)
        record.trouble = trouble(record, keep)
        record.silent_s, record.silence_s = record.silence_s, 0.0
        server.cost = cost(record)

    def _compare(self, now: float) -> None:
        """Ejects who succeeds less often than the others; an interval in good standing takes one ejection off a server's count."""
        within = [server for server in self._servers if not server.standing.ejected(now)]
        for place in outliers([server.record.tally() for server in within], self.rules.ejection):
            self._eject(within[place], now)
        for standing in (server.standing for server in within):
            if standing.ejections and not standing.out and not standing.on_probation and not standing.ejected(now):
                standing.ejections -= 1

    def arrange(self, now: float) -> None:
        """Sorts the servers by zone and standing. Servers that drain get nothing while there is any other."""
        accepting = [server for server in self._servers if not server.draining] or list(self._servers)
        for server in accepting:
            self._return(server, now)
        own = [server for server in accepting if server.zone == self.zone]
        others = [server for server in accepting if server.zone != self.zone]
        levels = [_level(own, now), _level(others, now)]
        near, far = parts(levels, self.rules.overprovisioning, self.rules.panic_below)
        self._near = _members(own, now, panics=near.panics)
        self._far = _members(others, now, panics=far.panics)
        self._spill = far.share
        if not self._near:
            self._near, self._far, self._spill = self._far, (), 0.0

    def _return(self, server: Server, now: float) -> None:
        """Who was out and is usable again is on probation."""
        standing = server.standing
        usable = standing.usable(now)
        if usable and standing.out:
            standing.probation()
        standing.out = not usable
        server.share = standing.share(now, self.rules)

    def tidy(self, oldest: float) -> None:
        """Closes unused connections that came back before the moment `oldest`, and all of the servers that are gone."""
        for server in self._servers:
            server.sweep(oldest)
        for server in self._leaving:
            server.sweep(inf)
        self._leaving = [server for server in self._leaving if server.in_flight]


def _level(servers: Sequence[Server], now: float) -> Level:
    healthy = [server for server in servers if server.standing.usable(now)]
    return Level(len(servers), len(healthy), sum(room_of(server.record.utilization) for server in healthy))


def _members(servers: Sequence[Server], now: float, *, panics: bool) -> Sequence[Server]:
    """Who is given work. Who could not be reached a moment ago is of no use in a panic either."""
    usable = [server for server in servers if server.standing.usable(now)]
    if panics or not usable:
        return [server for server in servers if not server.standing.resting(now)] or servers
    return usable
