from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def console() -> Console:
    """As wide as it takes where nobody looks at it."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 200)


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Columns without lines; what is too long for the terminal is broken within its column."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
