"""What members saw of each fault, as a row of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from audience import UNSAFE, Seen

BEFORE_S = 5.0
HEADS = (
    "fault", "requests", "errors", "of them unsafe", "one address", "told to wait", "late", "longest s", "well after s",
    "one address s", "p99 before ms", "p99 during ms", "whole again s",
)  # fmt: skip


class Row(NamedTuple):
    """Counts of requests due from the fault's begin until all was calm. `errors` and `unsafe` (those that nobody may repeat) are
    of members who know both addresses, `alone` of who knows one; `shed` were told to come again in a moment, for the machine
    had too much to do. `well_s` and `alone_well_s` are from the fault's begin to the last request that failed or was late,
    `failed_s` to the last error of members with both addresses, `whole_s` from the end of the fault until every process works.
    """

    fault: str
    requests: int
    errors: int
    unsafe: int
    alone: int
    shed: int
    late: int
    longest_s: float
    well_s: float
    alone_well_s: float
    before_ms: float
    during_ms: float
    whole_s: float
    failed_s: float

    @property
    def cells(self) -> Iterable[str]:
        for value in self[: len(HEADS)]:
            yield (
                f"{value:.1f}"
                if isinstance(value, float) and value < 100
                else f"{value:.0f}"
                if isinstance(value, float)
                else str(value)
            )


def row(fault: str, seen: Sequence[Seen], began: float, ended: float, whole: float) -> Row:
    """`seen` are all requests from some seconds before the fault on; the others are moments."""
    during = [each for each in seen if each.due >= began]
    both, alone = [each for each in during if not each.alone], [each for each in during if each.alone]
    errors = [each for each in both if each.failed]
    return Row(
        fault,
        len(during),
        len(errors),
        sum(each.kind in UNSAFE for each in errors),
        sum(each.failed for each in alone),
        sum(each.shed for each in during),
        sum(each.late for each in during),
        max((each.took_s for each in during), default=0.0),
        last_s([each for each in both if each.bad], began),
        last_s([each for each in alone if each.bad], began),
        p99_ms([each for each in seen if began - BEFORE_S <= each.due < began]),
        p99_ms([each for each in during if each.due < max(ended, began + 2)]),
        whole - ended,
        last_s(errors, began),
    )


def last_s(seen: Iterable[Seen], began: float) -> float:
    return max([each.due - began for each in seen], default=0.0)


def p99_ms(seen: Sequence[Seen]) -> float:
    taken = [each.took_s for each in seen if not each.wrong]
    return quantiles(taken, n=100)[98] * 1000 if len(taken) > 1 else 0.0


def text(rows: Iterable[Row]) -> str:
    lines = [HEADS, ["---", *["---:"] * (len(HEADS) - 1)], *(each.cells for each in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(path: Path, rows: Iterable[Row]) -> None:
    """Puts the table where the one before it stood."""
    lines = path.read_text().splitlines(keepends=True)
    table = [number for number, line in enumerate(lines) if line.startswith("|")]
    path.write_text("".join([*lines[: table[0]], text(rows), *lines[table[-1] + 1 :]]))
