from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.runtime.errors import Invalid
from matinee.services.accounts import contract, rules
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Role

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        ("J\u00f6rg@x.org", "JO\u0308RG@X.ORG"),
        ("STRASSE@x.org", "stra\u00dfe@x.org"),
        ("\u1e9b\u0323@x.org", "\u1e61\u0323@X.ORG"),
    ],
)
def test_emails_that_read_alike_are_one(one: str, other: str) -> None:
    assert rules.folded(one) == rules.folded(other)


@given(st.text(max_size=254))
def test_folding_is_done_once_and_fits_its_column(email: str) -> None:
    once = rules.folded(email)
    assert rules.folded(once) == once
    assert len(once) <= 762


def test_different_emails_stay_different() -> None:
    assert rules.folded("a.b@x.org") != rules.folded("ab@x.org")
    assert rules.folded("jorg@x.org") != rules.folded("j\u00f6rg@x.org")


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert rules.composed("caf\u00e9 au lait") == rules.composed("cafe\u0301 au lait")


def test_a_signup_lapses_after_23_hours() -> None:
    assert not rules.lapsed(NOW, NOW + timedelta(hours=22, minutes=59))
    assert rules.lapsed(NOW, NOW + timedelta(hours=23))


@given(st.frozensets(st.sampled_from(Role)))
def test_roles_come_back_from_their_table(roles: frozenset[Role]) -> None:
    assert rules.roles_of(rules.roles_text(roles)) == roles


def test_a_bearer_without_a_profile_sees_the_lowest_class() -> None:
    bearer = rules.Bearer("acc_1", "lgn_1", None, frozenset({Role.EDITOR}), None, "DE")
    claims = rules.passport_claims(bearer, "psp_1", NOW)
    assert (claims["mat"], claims["pid"], claims["roles"]) == (int(Maturity.ALL), None, ["editor"])
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@x.org"}, "email"),
        ({"password": "seven77"}, "password"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"territory": "Germany"}, "territory"),
    ],
)
def test_a_message_that_breaks_its_contract_names_the_field(changes: dict[str, str], named: str) -> None:
    good = contract.CreateAccount("a@x.org", "password", "A")
    assert rules.checked(good) == good
    with pytest.raises(Invalid, match=named):
        rules.checked(msgspec.structs.replace(good, **changes))


def test_a_message_with_a_secret_prints_its_name_only() -> None:
    assert repr(contract.LogIn("a@x.org", "my password")) == "LogIn(…)"
    assert "my password" not in str(contract.SetPassword("a@x.org", "my password").__rich_repr__())
