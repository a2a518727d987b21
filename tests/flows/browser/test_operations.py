"""The operations page: figures that move, and where the time of one request went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import House, Visits

pytestmark = pytest.mark.browser

KEEPING = "/api/operations/properties/gateway.requests"


@pytest.fixture
def keen(house: House) -> Iterator[None]:
    """The gateway takes nearly every request for slow."""
    house.owner.http.put(KEEPING, json={"value": {"slow_s": 0.0005}}).raise_for_status()
    yield
    house.owner.http.put(KEEPING, json={"value": None}).raise_for_status()


@pytest.mark.usefixtures("keen")
def test_an_operator_sees_what_goes_through_and_where_a_requests_time_went(house: House, visit: Visits) -> None:
    page = visit(house.owner)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Operations").click()
    routes = page.get_by_role("region", name="Routes").get_by_role("row")
    expect(routes.filter(has=page.get_by_role("rowheader", name="api", exact=True))).to_contain_text("ms")
    expect(page.get_by_role("group", name="Servers of api")).to_contain_text("Up")
    expect(page.get_by_role("region", name="Filters")).to_contain_text("PassportSwap")
    page.get_by_role("button", name="Hold the figures").click()
    expect(page.get_by_role("button", name="Let them move again")).to_be_visible()
    page.get_by_role("button", name="Let them move again").click()

    requests = page.get_by_role("region", name="Slow and failed requests")
    page.get_by_label("Kept as").select_option("Slow")
    page.get_by_label("Route", exact=True).select_option("operations")
    requests.get_by_role("link", name="GET /api/operations/traffic").first.click()
    expect(page.get_by_role("heading", name="GET /api/operations/traffic")).to_be_visible()
    time = page.get_by_role("table").get_by_role("rowheader")
    expect(time.filter(has_text="Filters")).to_be_visible()
    expect(time.filter(has_text="Try 1: core.api@")).to_contain_text("answered 200")
    page.get_by_role("link", name="Operations").last.click()
    expect(page.get_by_role("heading", name="The front door")).to_be_visible()


def test_others_are_told_that_it_is_not_for_them(house: House, visit: Visits) -> None:
    page = visit(house.member())
    page.goto("/operations")
    expect(page.get_by_role("heading", name="This page is for operators")).to_be_visible()
    expect(page.get_by_role("link", name="Operations")).to_have_count(0)
    page.goto("/operations/requests/req_1")
    expect(page.get_by_role("heading", name="This page is for support")).to_be_visible()
