from __future__ import annotations

import pytest

from matinee.api.viewer import Access, Origin, Passport, ProfileRequired, admit
from matinee.runtime.errors import Forbidden, MatineeError, Unauthenticated
from matinee.services.accounts.contract import ProfileLocked
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Role, Viewer


def viewer(profile: str | None = "prf", maturity: Maturity = Maturity.EIGHTEEN, *roles: Role) -> Viewer:
    return Viewer("acc", "lgn", profile, frozenset(roles), maturity, "DE", "DE")


@pytest.mark.parametrize(
    ("access", "who", "refusal"),
    [
        (Access.PUBLIC, None, None),
        (Access.MEMBER, None, Unauthenticated),
        (Access.MEMBER, viewer(None), None),
        (Access.PROFILE, viewer(None), ProfileRequired),
        (Access.PROFILE, viewer(), None),
        (Access.GUARDIAN, None, Unauthenticated),
        (Access.GUARDIAN, viewer("prf", Maturity.SIXTEEN), ProfileLocked),
        (Access.GUARDIAN, viewer(None, Maturity.ALL), None),
        (Access.GUARDIAN, viewer(), None),
        (Access.EDITOR, None, Unauthenticated),
        (Access.EDITOR, viewer(), Forbidden),
        (Access.EDITOR, viewer("prf", Maturity.EIGHTEEN, Role.OPERATOR), Forbidden),
        (Access.EDITOR, viewer("prf", Maturity.EIGHTEEN, Role.EDITOR), None),
        (Access.OPERATOR, viewer("prf", Maturity.EIGHTEEN, Role.EDITOR), Forbidden),
        (Access.OPERATOR, viewer("prf", Maturity.EIGHTEEN, Role.OPERATOR), None),
    ],
)
def test_whom_a_route_admits(access: Access, who: Viewer | None, refusal: type[MatineeError] | None) -> None:
    if refusal is None:
        admit(access, who)
    else:
        with pytest.raises(refusal):
            admit(access, who)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:8080", "localhost"),
        ("films.example", "films.example"),
        ("[::1]:8080", "[::1]"),
        ("10.0.0.2:1", "10.0.0.2"),
    ],
)
def test_the_host_s_name_is_without_its_port(host: str, name: str) -> None:
    assert Origin("DE", "127.0.0.1", host, "http").host_name == name


@pytest.mark.parametrize(
    ("address", "is_loopback"), [("127.0.0.1", True), ("::1", True), ("192.0.2.1", False), ("", False), ("unix", False)]
)
def test_loopback_is_this_very_machine(address: str, is_loopback: bool) -> None:
    assert Origin("DE", address, "localhost", "http").loopback is is_loopback


@pytest.mark.parametrize(
    ("profile", "maturity", "kept"),
    [
        ("prf", Maturity.EIGHTEEN, True),
        ("prf", Maturity.SIXTEEN, False),
        ("prf", Maturity.ALL, False),
        (None, Maturity.EIGHTEEN, True),
        (None, Maturity.ALL, True),
    ],
)
def test_a_profile_with_an_age_limit_has_none_of_its_account_s_roles(
    profile: str | None, maturity: Maturity, kept: bool
) -> None:
    roles = frozenset({Role.EDITOR, Role.OPERATOR})
    who = Passport("matinee/api", "acc", "lgn", profile, roles, maturity, "DE", 0).viewer("AT")
    assert who.roles == (roles if kept else frozenset())
    assert (who.account_id, who.login, who.profile_id, who.maturity) == ("acc", "lgn", profile, maturity)
    assert who.territory == "AT"
