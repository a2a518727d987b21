from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from matinee.terms.maturity import Maturity
from matinee.terms.territory import Territory


class Role(StrEnum):
    """What an account may do beyond watching."""

    EDITOR = "editor"
    OPERATOR = "operator"
    SUPPORT = "support"


class Viewer(Struct, frozen=True):
    """Who asks, as `api/` verified it: the only identity that services see.

    `login` is the id of the login session (never its token), `profile_id` is None until one is chosen, `maturity` is that
    profile's limit (the lowest class while none is chosen), `territory` is where the request's address is.
    """

    account_id: str
    login: str
    profile_id: str | None
    roles: frozenset[Role]
    maturity: Maturity
    home_territory: Territory
    territory: Territory
