"""What the front door does now: routes, origins, gateways."""

from __future__ import annotations

import asyncio
from math import ceil
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live as Screen
from rich.markup import escape
from rich.text import Text

from matinee.app.process import Process
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.services.traffic.contract import Flow, InstanceNow, Live, LiveQuery, Traffic

app = typer.Typer(add_completion=False)

EVERY_S = 1.0
LAST_FIGURES = "No gateway has been heard of lately: these are the last figures."
_BARS = " ▁▂▃▄▅▆▇█"


@app.command()
def traffic(
    home: HomePath = DEFAULT_HOME,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again each second, until Ctrl-C.")] = False,
) -> None:
    """Show what goes through the front door: a second, how quick, how much of it fails."""

    async def work(process: Process) -> None:
        desk = process.client(Traffic)
        if not watch:
            console().print(_shown(await desk.live(LiveQuery())))
            return
        with Screen(console=console(), screen=True) as screen:
            while True:
                screen.update(_shown(await desk.live(LiveQuery())))
                await asyncio.sleep(EVERY_S)

    ask(home, work)


def _shown(live: Live) -> RenderableType:
    old = [Text(LAST_FIGURES, "bold")] if live.old else []
    return Group(*old, _gateways(live), "", _routes(live), "", _origins(live))


def _gateways(live: Live) -> RenderableType:
    rows = [
        (
            escape(each.name),
            each.zone,
            f"last heard {each.heard_s:.0f} s ago" if each.old else "draining" if each.draining else "up",
            f"{each.per_s:.1f}",
            str(each.in_flight),
            f"{each.limit:.0f}",
            str(each.connections),
            f"{each.lag_s * 1e3:.1f} ms",
        )
        for each in live.gateways
    ]
    headings = ("Gateway", "Zone", "State", "/s", "Under way", "Limit", "Connections", "Loop late")
    return plain_table(headings, rows)


def _routes(live: Live) -> RenderableType:
    rows = [(escape(each.name), escape(each.origin), *_flow(each.flow)) for each in live.routes]
    return plain_table(("Route", "To", *_FLOW), [("all", "", *_flow(live.whole)), *rows])


def _origins(live: Live) -> RenderableType:
    rows = [
        (f"{escape(origin.name)}: {escape(each.name)}", each.zone, _state(each), str(each.in_flight), *_flow(each.flow))
        for origin in live.origins
        for each in origin.instances
    ]
    return plain_table(("Instance", "Zone", "State", "Under way", *_FLOW), rows)


def _state(each: InstanceNow) -> str:
    return f"ejected by {each.ejected_by} of {each.seen_by}" if each.ejected_by else each.state.value


_FLOW = ("/s", "Failed", "Refused", "p50", "p90", "p99", "Two minutes")


def _flow(flow: Flow) -> tuple[str, ...]:
    times = (flow.p50_s, flow.p90_s, flow.p99_s)
    return (f"{flow.per_s:.1f}", _share(flow.failed), _share(flow.refused), *map(_time, times), _line(flow.recent))


def _share(share: float) -> str:
    return f"{share * 100:.2g} %" if share else ""


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _line(recent: list[float]) -> str:
    most = max(recent, default=0.0)
    return "".join(_BARS[ceil(each / most * (len(_BARS) - 1))] for each in recent) if most else ""
