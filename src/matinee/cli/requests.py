"""Requests that were slow or failed, and the way of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape

from matinee.app.process import Process
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.services.traffic.contract import ByRequest, Journey, RequestsQuery, Traffic, TryAt, Why

app = typer.Typer(add_completion=False)

WIDTH = 50
"""Characters of the line of time."""


@app.command()
def requests(
    request_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="As the answer said it in x-request-id: its whole way.", show_default=False),
    ] = "",
    home: HomePath = DEFAULT_HOME,
    why: Annotated[Why | None, typer.Option(help="Only those kept for this reason.")] = None,
    status: Annotated[str, typer.Option(help="Only those answered so: 503, or 5xx.")] = "",
    route: Annotated[str, typer.Option(help="Only those of this route.")] = "",
    account: Annotated[str, typer.Option(help="Only those of this member.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="So many.")] = 30,
) -> None:
    """List requests that were slow or failed; with an ID, where the time of one went."""

    async def listed(process: Process) -> list[Journey]:
        wanted = RequestsQuery(why, status, route, account, limit=limit)
        return (await process.client(Traffic).requests(wanted)).requests

    async def one(process: Process) -> Journey:
        return await process.client(Traffic).request(ByRequest(request_id[:64]))

    said = console()
    if request_id:
        journey = ask(home, one)
        said.print(plain_table(("", ""), list(_facts(journey))))
        said.print(plain_table(("", "From", "To", ""), [_bar(journey, *span) for span in _spans(journey)]))
        return
    rows = [
        (
            each.at.astimezone().strftime("%H:%M:%S"),
            each.why.value,
            str(each.status or "-"),
            _ms(each.ended_ms),
            escape(each.route),
            escape(f"{each.method} {each.target}"),
            each.id,
        )
        for each in ask(home, listed)
    ]
    said.print(plain_table(("At", "Why", "Status", "Took", "Route", "Request", "ID"), rows))


def _facts(journey: Journey) -> Iterator[tuple[str, str]]:
    yield "Request", escape(f"{journey.method} {journey.target}")
    yield "At", journey.at.astimezone().isoformat(" ", "milliseconds")
    yield (
        "Ended",
        f"{journey.status or 'no answer'}, {journey.category}, {_ms(journey.ended_ms)} (kept as {journey.why.value})",
    )
    yield "Route", escape(f"{journey.route or 'none'}{f' to {journey.origin}' if journey.origin else ''}")
    yield "Member", escape(journey.account or "nobody logged in")
    yield "Gateway", escape(f"{journey.gateway}, zone {journey.zone}")
    yield "Trace", journey.trace


def _spans(journey: Journey) -> Iterator[tuple[str, float, float]]:
    """What lasted from when to when, in milliseconds."""
    if journey.body_ms:
        yield "body comes", 0.0, journey.body_ms
    yield "filters", 0.0, journey.filters_ms
    for wait in journey.waits:
        yield f"  {wait.filter} waits", wait.began_ms, wait.ended_ms
    for number, each in enumerate(journey.tries, 1):
        yield from _try(number, each)
    if journey.first_ms is not None:
        yield "answer goes out", journey.first_ms, journey.ended_ms


def _try(number: int, each: TryAt) -> Iterator[tuple[str, float, float]]:
    said = each.status or each.category
    yield f"try {number} at {each.instance}: {said}", each.began_ms, each.ended_ms
    if each.sent_ms is not None:
        if not each.reused:
            yield "  connects", each.began_ms, each.sent_ms
        yield "  waits for the answer", each.sent_ms, each.answered_ms or each.ended_ms


def _bar(journey: Journey, name: str, began: float, ended: float) -> tuple[str, str, str, str]:
    whole = max(journey.ended_ms, 0.001)
    left, right = round(began / whole * WIDTH), round(ended / whole * WIDTH)
    return escape(name), _ms(began), _ms(ended), " " * left + "━" * max(1, right - left)


def _ms(ms: float) -> str:
    return f"{ms:.2f} ms" if ms < 10 else f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.2f} s"
