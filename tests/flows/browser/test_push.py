"""What the house tells a browser while it is open: over one line for all tabs, calmly, and to whom it concerns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Request, expect

if TYPE_CHECKING:
    from conftest import House, Visits

pytestmark = pytest.mark.browser

SEND = """
import asyncio, json, sys, uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from matinee.app.home import Home
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.services.push.contract import Message, Push
async def main():
    account, kind, data = sys.argv[2:]
    channel = HttpChannel(f"unix:{Home(Path(sys.argv[1])).socket('push')}")
    until = datetime.now(UTC) + timedelta(days=400)
    sent = await connect(Push, channel).send(Message(uuid.uuid4().hex, kind, until, json.loads(data), account_id=account))
    await channel.close()
    print(sent.devices)
asyncio.run(main())
"""


def send(house: House, account: str, kind: str, **data: Any) -> int:
    """To how many devices it goes."""
    command = [sys.executable, "-c", SEND, str(house.home), account, kind, json.dumps(data)]
    return int(subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout)


def lines(page: Page) -> list[str]:
    """The lines that the pages of this browser ask for."""
    asked: list[str] = []

    def look(request: Request) -> None:
        if "/api/push/events" in request.url:
            asked.append(request.url)

    page.context.on("request", look)
    return asked


def test_one_tab_listens_for_all_and_another_takes_over(
    visit: Visits, house: House, eventually: Callable[[Callable[[], Any]], Any]
) -> None:
    member = house.member()
    account = member.get("/api/session")["account"]["id"]
    first = visit(member)
    asked = lines(first)
    second = first.context.new_page()
    for page in (first, second):
        page.goto("/")
        expect(page.get_by_role("banner")).to_be_visible()
    eventually(lambda: len(asked) == 1)
    eventually(lambda: send(house, account, "payment-failed", code="card-declined") == 1)
    for page in (first, second):
        toast = page.get_by_role("status").filter(has_text="did not go through")
        expect(toast).to_be_visible()
        toast.get_by_role("button", name="Close").click()
        expect(toast).to_have_count(0)
    first.close()
    eventually(lambda: second.wait_for_timeout(50) or len(asked) == 2)  # the driver hears of requests while it is asked
    assert "last_event_id=" in asked[1], "it goes on where the other tab was"
    send(house, account, "payment-failed", code="card-declined")
    expect(second.get_by_role("link", name="Look at your card")).to_be_visible()


def test_a_child_is_not_told_of_payments_nor_who_does_not_play_of_streams(visit: Visits, house: House) -> None:
    member = house.member()
    account = member.get("/api/session")["account"]["id"]
    child = member.http.post("/api/profiles", json={"name": "Kim", "maturity": 7}).raise_for_status().json()
    member.choose(child["id"])
    page = visit(member)
    with page.expect_response("**/api/push/events"):
        page.goto("/")
    send(house, account, "payment-failed", code="card-declined")
    send(house, account, "stream-taken-over", session_id="ses_another", title_id="ttl_1", taken_by="Television")
    page.wait_for_timeout(500)
    expect(page.get_by_role("status").filter(has_text="payment")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="another device")).to_have_count(0)


def test_home_looks_anew_when_something_is_published(visit: Visits, house: House) -> None:
    member = house.member()
    page = visit(member)
    with page.expect_response("**/api/push/events"):
        page.goto("/")
    with page.expect_response("**/api/discovery/home"):
        send(house, member.get("/api/session")["account"]["id"], "new-rows", spread_s=0.5)
