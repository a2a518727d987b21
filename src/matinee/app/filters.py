"""The filters that operators add to the gateway of a house: files in its `filters` folder, and installed packages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matinee.app.following import following
from matinee.app.process import Process
from matinee.terms.gateway_properties import FILTERS

if TYPE_CHECKING:
    from matinee.gateway.chain import Chain

FOLDER = "filters"
_PAUSE_S = 1.0

log = logging.getLogger("matinee.gateway")


def extend(process: Process, chain: Chain) -> None:
    """Adds them, and follows what operators write and switch while the house runs."""
    from matinee.gateway.extension.files import Files, of_packages
    from matinee.terms.filter_switch import Switch

    files = Files(process.home.path / FOLDER)
    packaged, wrong = of_packages()
    _tell(wrong)

    def furnish() -> None:
        found, wrong = files.load()
        _tell([*wrong, *chain.furnish([*packaged, *found])])

    async def watch() -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            if files.changed():
                furnish()
                log.info("the filters in the folder %s count as they stand there now", FOLDER)

    furnish()
    following(process).subscribe_below(FILTERS, Switch, chain.switch)
    process.run("filters", watch)


def _tell(wrong: Sequence[str]) -> None:
    for sentence in wrong:
        log.error("%s", sentence)
