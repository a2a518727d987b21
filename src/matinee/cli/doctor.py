"""Whether this machine can prepare films, and how well."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import msgspec
import typer

from matinee.app import doctor as doctors
from matinee.cli.options import DEFAULT_HOME, HomePath
from matinee.ingest.toolchain import installed

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    home: HomePath = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Say what prepares films here, and what is wrong with it. Exit code 1 where something is."""
    found = asyncio.run(doctors.examine(home, installed()))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        for finding in found:
            print(f"{'!' if finding.fault else ' '} {finding.name:<12} {finding.says}")
        for finding in found:
            if finding.note:
                print(f"note: {finding.note}")
    faults = [finding.fault for finding in found if finding.fault]
    for fault in faults:
        print(f"matinee: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)
