"""Where the programs of steps run, by URL."""

from __future__ import annotations

from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs


def open(url: str) -> Programs:
    """`processes:` runs them on this machine. Raises Invalid for any other URL."""
    match url.partition(":")[0]:
        case "processes":
            from matinee.services.jobs.processes import Processes

            return Processes()
        case scheme:
            raise Invalid(f"no place for programs is called {scheme!r}; use processes:")
