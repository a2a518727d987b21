"""The table that the how-to shows is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from matinee.terms.route_check import read
from matinee.terms.route_choice import Asked, choose

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "change-routes.md"


def test_the_table_of_the_how_to() -> None:
    found = re.search(r"```toml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert found is not None
    table = read(tomllib.loads(found[1]))
    shop = choose(table, Asked("/shop/cart", host="films.example", territory="AT")).route
    assert shop is not None
    assert (shop.name, shop.rewrite) == ("shop", "/")
