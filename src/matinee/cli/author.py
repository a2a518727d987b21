"""Who changes something at the command line."""

from __future__ import annotations

import getpass


def author() -> str:
    """The person at this machine, as lists of versions name them."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "the command line"
