from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from matinee.gateway.passport import Passports
from matinee.gateway.push.hub import PING_S, Hub
from matinee.gateway.push.relay import Relay
from matinee.gateway.traffic import Traffic
from matinee.services.push.contract import Push


class Lines:
    """All of push in this gateway. `companions` must run as long as it is used."""

    def __init__(
        self, name: str, push: Push, traffic: Traffic, passports: Passports, random: Random, ping_s: float = PING_S
    ) -> None:
        self.hub = Hub(traffic, passports, random, ping_s)
        self.relay = Relay(name, push, self.hub, random)

    @property
    def companions(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return [self.hub.run, self.relay.listen, self.relay.tell]

    def metrics(self) -> Iterator[Metric]:
        """As Prometheus families."""
        hub = self.hub
        yield GaugeMetricFamily("matinee_gateway_push_lines", "Devices that wait for messages", value=hub.open)
        opened = CounterMetricFamily("matinee_gateway_push_opened", "Lines opened", labels=["form"])
        closed = CounterMetricFamily("matinee_gateway_push_closed", "Lines closed, by why", labels=["why"])
        delivered = CounterMetricFamily("matinee_gateway_push_messages", "Messages sent to devices", labels=["kind"])
        for family, counted in ((opened, hub.opened), (closed, hub.closed), (delivered, hub.delivered)):
            for label, count in counted.items():
                family.add_metric([label], count)
        yield from (opened, closed, delivered)
        yield CounterMetricFamily(
            "matinee_gateway_push_dropped", "Messages this gateway was too slow for", value=self.relay.dropped
        )
