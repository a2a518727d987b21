"""A hostile client. It calls every route of the OpenAPI file and every media URL without a right to, and gets nothing.

A route that is added later is crawled without a change here; one that asks for nobody, or has a parameter whose meaning is
not known here, fails until a person has looked at it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from crawler import Crawler, Json, harmless, jwt, later, refused

from installation import ADULT, DEVICE, DRAFT, Installation, Person, Playing, eventually

OPEN_TO_ALL = {
    "GET /api/openapi.json",
    "GET /api/signup/plans",
    "POST /api/signup",
    "POST /api/session",
    "GET /api/payments/simulated/card",
    "GET /api/payments/simulated/page.css",
    "GET /api/payments/simulated/card.js",
    "GET /api/payments/simulated/challenge.js",
    "GET /api/payments/simulated/cards",
    "POST /api/payments/simulated/tokens",
    "GET /api/payments/simulated/challenges/{challenge_id}",
    "POST /api/payments/simulated/challenges/{challenge_id}",
    "POST /api/payments/webhooks/{provider}",
    "GET /api/play/sessions/{session_id}/manifest.mpd",
    "GET /api/play/sessions/{session_id}/master.m3u8",
    "GET /api/play/sessions/{session_id}/thumbnails.vtt",
    "GET /api/play/sessions/{session_id}/steering",
    "GET /api/play/sessions/{session_id}/playlists/{rendition_id}/main.m3u8",
    "GET /api/play/sessions/{session_id}",
    "GET /api/play/sessions/{session_id}/key",
    "POST /api/play/sessions/{session_id}/licence",
    "OPTIONS /api/play/sessions/{session_id}/licence",
    "OPTIONS /api/studio/uploads",
    "POST /api/operations/clock",
}
"""Looked at one by one: what a sign-up needs, what carries a token or a signature of its own, and the test clock, which is
there for this machine only."""
KEY = {"Idempotency-Key": "a-child"}
OWNED = {"profile_id", "login", "session_id", "upload_id"}
"""Path parameters that belong to one account."""


@pytest.fixture
def ids(house: Installation, ada: Person, playing: Playing) -> dict[str, str]:
    """Real ones, for every parameter that stands in a path, and the tokens that stand in a query."""
    with house.staff() as owner:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        upload = owner.post("/api/studio/uploads", headers=headers).headers["location"].rpartition("/")[2]
        preparation = next(
            each["id"]
            for each in owner.get("/api/studio/preparations").json()["preparations"]
            if each["phase"] == "uploading"
        )
        every = owner.get("/api/operations/jobs", params={"limit": 200}).json()["jobs"]
        running = owner.get("/api/operations/instances").json()["instances"]
        owner.put("/api/operations/properties/crawler.test", json={"value": 1})
        owner.put("/api/operations/properties/gateway.requests", json={"value": {"slow_s": 0.0001}})
        kept = eventually(lambda: owner.get("/api/operations/requests").json()["requests"])
    return {
        "challenge_id": "3f6b7c",
        "genre_id": "drama",
        "job_id": next(each["id"] for each in every if each["name"] == "ingest"),
        "instance_id": running[0]["id"],
        "image_id": house.titles["all"]["poster_url"].rpartition("/")[2],
        "login": ada.login,
        "preparation_id": preparation,
        "property_name": "crawler.test",
        "profile_id": ada.profiles[1]["id"],
        "provider": "simulated",
        "rendition_id": "v180",
        "request_id": kept[0]["id"],
        "session_id": playing.id,
        "title_id": house.titles["all"]["id"],
        "upload_id": upload,
        "version": "0",
    }


def strangers(house: Installation, ada: Person, playing: Playing) -> dict[str, dict[str, str | bytes]]:
    """Every way not to be someone."""
    gone = ada.again()
    assert gone.delete("/api/session").status_code == 204
    claims = {"iss": "matinee/accounts", "aud": "matinee/api", "sub": ada.account["id"], "sid": ada.login, "mat": 18}
    claims |= {"pid": ada.profiles[0]["id"], "roles": ["editor", "operator"], "home": "ZZ", "exp": later()}
    passport = house.keyring("passport").sign(claims)
    origin = house.keyring("gateway").sign(
        {"territory": "ZZ", "address": "127.0.0.1", "host": "localhost", "scheme": "http", "exp": later()}
    )
    media = playing.segment.partition("=")[2]
    return {
        "nobody": {},
        "garbage": {"authorization": "Bearer garbage"},
        "an empty token": {"authorization": "Bearer"},
        "another scheme": {"authorization": f"Basic {ada.token}"},
        "no scheme": {"authorization": ada.token},
        "bytes": {"authorization": b"Bearer \xff\xfe\x80"},
        "a long token": {"authorization": "Bearer " + "a" * 10_000},
        "a token with a tail": {"authorization": f"Bearer {ada.token}x"},
        "a token cut short": {"authorization": f"Bearer {ada.token[:-1]}"},
        "a token in other letters": {"authorization": f"Bearer {ada.token.swapcase()}"},
        "a cookie of garbage": {"cookie": "matinee_session=garbage", "sec-fetch-site": "same-origin"},
        "another cookie": {
            "cookie": f"session={ada.token}; xmatinee_session={ada.token}",
            "sec-fetch-site": "same-origin",
        },
        "an ended login": {"authorization": f"Bearer {gone.token}"},
        "an ended login's cookie": {"cookie": f"matinee_session={gone.token}", "sec-fetch-site": "same-origin"},
        "a passport": {"authorization": f"Bearer {passport}"},
        "a passport in its header": {"x-matinee-passport": passport, "x-matinee-origin": origin},
        "a passport in other spellings": {"X_Matinee_Passport": passport, "x-Matinee_passport": passport},
        "a passport beside garbage": {"x-matinee-passport": passport, "authorization": "Bearer garbage"},
        "a passport kept by Connection": {"x-matinee-passport": passport, "connection": "x-request-id, keep-alive"},
        "an unsigned passport": {"x-matinee-passport": jwt(claims), "authorization": f"Bearer {jwt(claims)}"},
        "a media token": {"authorization": f"Bearer {media}"},
        "a manifest's token": {"authorization": f"Bearer {playing.token}"},
        "a login's id": {"authorization": f"Bearer {ada.login}"},
        "an account's id": {"authorization": f"Bearer {ada.account['id']}"},
    }


def test_each_route_that_asks_for_nobody_was_looked_at(crawler: Crawler) -> None:
    assert {route.name for route in crawler.routes if not route.schemes} == OPEN_TO_ALL


def test_who_is_nobody_gets_nothing(
    house: Installation, crawler: Crawler, ids: dict[str, str], ada: Person, playing: Playing
) -> None:
    for who, headers in strangers(house, ada, playing).items():
        for route in crawler.routes:
            if route.schemes:
                answer = crawler.send(route, ids, headers)
                assert answer.status_code == 401, f"{who}: {route.name}: {answer.status_code} {answer.text[:200]}"
                assert "set-cookie" not in answer.headers
    assert ada.get("/api/session").json()["profile"]["id"] == ada.profiles[0]["id"]
    assert [each["id"] for each in ada.refresh().profiles] == [each["id"] for each in ada.profiles]
    assert httpx.get(playing.dash_url).status_code == 200


def test_what_is_open_tells_nothing(crawler: Crawler, ids: dict[str, str], ada: Person) -> None:
    for route in crawler.routes:
        if not route.schemes:
            answer = crawler.send(route, ids, {})
            assert not [word for word in (ADULT, DRAFT, "Open Sea", ada.email) if word in answer.text], route.name
            if route.method == "OPTIONS":
                assert answer.content == b"", "what may be asked, and nothing else"
            elif "session_id" in route.in_path or route.path == "/api/operations/clock":
                refused(answer)


def test_a_members_own_session_is_no_key_to_anothers_things(
    crawler: Crawler, ids: dict[str, str], ada: Person, bob: Person, playing: Playing
) -> None:
    for route in crawler.routes:
        if route.in_path & OWNED and route.method != "OPTIONS":
            refused(crawler.send(route, ids, {"authorization": f"Bearer {bob.token}"}))
    refused(bob.post("/api/session/profile", json={"profile_id": ada.profiles[0]["id"]}), 404)
    refused(bob.beat(playing.id, 5.0))
    assert len(ada.refresh().profiles) == 2
    assert httpx.get(playing.dash_url).status_code == 200
    assert ada.get("/api/session").status_code == 200


def test_no_answer_to_a_member_speaks_of_another_or_of_what_is_not_published(
    crawler: Crawler, ids: dict[str, str], ada: Person, bob: Person
) -> None:
    other = bob.again()
    for route in crawler.routes:
        answer = crawler.send(route, ids, {"authorization": f"Bearer {other.token}"})
        if route.name == "DELETE /api/session":
            other = bob.again()
        elif "appliance" not in route.schemes:
            assert answer.status_code != 401, route.name
        theirs = [ada.email, ada.account["id"], ada.login, ada.profiles[0]["id"], ada.profiles[1]["id"], DRAFT]
        assert not [word for word in theirs if word in answer.text and word not in answer.request.url.path], route.name


@pytest.mark.parametrize("profile", [None, 0], ids=["without a profile", "with a profile"])
def test_members_do_not_reach_what_is_for_staff_and_for_appliances(
    crawler: Crawler, ids: dict[str, str], bob: Person, profile: int | None
) -> None:
    with bob.again(profile) as member:
        for route in crawler.routes:
            if not route.schemes:
                continue
            if route.path.startswith(("/api/studio/", "/api/operations/")):
                refused(crawler.send(route, ids, {"authorization": f"Bearer {member.token}"}), 403)
            elif route.schemes == {"appliance"}:
                refused(crawler.send(route, ids, {"authorization": f"Bearer {member.token}"}), 401)


def test_staff_without_a_profile_browse_and_play_nothing(
    crawler: Crawler, ids: dict[str, str], house: Installation
) -> None:
    with house.staff(profile=None) as owner:
        for route in crawler.routes:
            if route.schemes and route.path.startswith(("/api/discovery/", "/api/play/")):
                answer = crawler.send(route, ids, {"authorization": f"Bearer {owner.token}"})
                refused(answer, 403)
                assert answer.json()["type"] == "profile-required"


def test_an_appliance_speaks_for_itself_alone(crawler: Crawler, ids: dict[str, str], house: Installation) -> None:
    routes = [route for route in crawler.routes if route.schemes == {"appliance"}]
    assert routes
    ours, other = house.keyring("appliance-cdn-a"), house.keyring("appliance-cdn-b")
    right = {"iss": "cdn-a", "aud": "open-connect", "exp": later(60)}
    wrong = {
        "expired": ours.sign({**right, "exp": later(-5)}),
        "for another": ours.sign({**right, "aud": "origin"}),
        "another's key": other.sign(right),
        "in another's name": ours.sign({**right, "iss": "cdn-b"}),
        "without an end": ours.sign({"iss": "cdn-a", "aud": "open-connect"}),
        "unsigned": jwt(right),
    }
    for why, token in wrong.items():
        for route in routes:
            answer = crawler.send(route, ids, {"authorization": f"Bearer {token}"})
            assert answer.status_code == 401, f"{why}: {route.name}"
    mine = {"authorization": f"Bearer {ours.sign(right)}"}
    report = next(route for route in routes if route.method == "POST").described["requestBody"]["content"]
    body = {**report["application/json"]["example"], "appliance_id": "cdn-b"}
    refused(harmless(crawler.http.post("/api/open-connect/reports", json=body, headers=mine)), 403)


class TestChildren:
    """A profile with an age limit meets no adult title, by any route."""

    @pytest.fixture
    def child(self, ada: Person) -> Iterator[Person]:
        with ada.again(1) as person:
            assert person.get("/api/session").json()["profile"]["maturity"] == 7
            yield person

    def test_no_route_names_or_gives_an_adult_title(
        self, house: Installation, crawler: Crawler, ids: dict[str, str], child: Person, ada: Person
    ) -> None:
        adult = house.titles["adult"]
        asked = {
            **ids,
            "title_id": adult["id"],
            "image_id": adult["poster_url"].rpartition("/")[2],
            "genre_id": "nachtfilm",
        }
        asked["session_id"] = ada.play(adult["id"]).id
        for route in crawler.routes:
            if route.schemes and route.method != "DELETE":
                answer = crawler.send(route, asked, {"authorization": f"Bearer {child.token}"})
                _no_adult(answer)
                if route.in_path & {"title_id", "image_id", "genre_id", "session_id"}:
                    refused(answer)

    @pytest.mark.parametrize(
        "query", [ADULT, ADULT[:5], ADULT.lower(), "Zanzibarverbto", "nachtfilm", "it is", "z", "*", ""]
    )
    def test_search_finds_no_adult_title(self, kid: Person, query: str) -> None:
        _no_adult(harmless(kid.get("/api/discovery/search", params={"q": query})))

    @pytest.mark.parametrize("path", ["home", "genres", "genres/nachtfilm", "genres/drama", "genres/drama?after=1.x"])
    def test_no_list_has_it(self, kid: Person, path: str) -> None:
        _no_adult(harmless(kid.get(f"/api/discovery/{path}")))

    @pytest.mark.parametrize("w", ["", "?w=1", "?w=10000", "?w=320&w=1"])
    def test_its_picture_is_not_given(self, house: Installation, kid: Person, resident: Person, w: str) -> None:
        assert resident.get(house.titles["adult"]["poster_url"] + w).status_code == 200
        refused(harmless(kid.get(house.titles["adult"]["poster_url"] + w)), 403, 404)

    def test_what_was_begun_is_gone_once_the_limit_is_lower(self, house: Installation, ada: Person) -> None:
        adult = house.titles["adult"]["id"]
        session = ada.play(adult)
        assert ada.beat(session.id, 6.0).status_code == 204
        rows = ada.get("/api/discovery/home").json()["rows"]
        assert [item["id"] for item in rows[0]["items"]] == [adult]
        assert ada.patch(f"/api/profiles/{ada.profiles[0]['id']}", json={"maturity": 7}).status_code == 200
        _no_adult(harmless(ada.get("/api/discovery/home")))
        refused(harmless(ada.get(f"/api/discovery/titles/{adult}")))
        refused(harmless(ada.post(f"/api/play/{adult}", json={"device": DEVICE})), 403, 404)

    def test_it_changes_nothing_in_the_household(self, ada: Person, child: Person) -> None:
        grown_up, own = ada.profiles
        asked = [
            child.patch(f"/api/profiles/{own['id']}", json={"maturity": 18}),
            child.patch(f"/api/profiles/{grown_up['id']}", json={"pin": ""}),
            child.post("/api/profiles", json={"name": "Grown up", "maturity": 18}),
            child.delete(f"/api/profiles/{grown_up['id']}"),
            child.delete(f"/api/devices/{ada.login}"),
            child.post("/api/account/cancel"),
            child.post("/api/account/subscription", json={"plan": "basic", "payment_method": "x"}, headers=KEY),
            child.put("/api/account/payment", json={"payment_method": "x"}, headers=KEY),
        ]
        assert [answer.status_code for answer in asked] == [403] * len(asked)

    def test_a_pin_keeps_it_out_of_the_grown_ups_profile(self, ada: Person, child: Person) -> None:
        grown_up = ada.profiles[0]["id"]
        assert ada.patch(f"/api/profiles/{grown_up}", json={"pin": "4711"}).status_code == 200
        for wrong in ({}, {"pin": "0000"}, {"pin": None}):
            refused(harmless(child.post("/api/session/profile", json={"profile_id": grown_up, **wrong})), 403)
        for bad in ("", "471", "47110", "\N{FULLWIDTH DIGIT FOUR}711", "4711\n"):
            refused(harmless(child.post("/api/session/profile", json={"profile_id": grown_up, "pin": bad})), 400)
        assert child.get("/api/session").json()["profile"]["maturity"] == 7

    def test_a_child_of_staff_has_no_role(self, house: Installation, crawler: Crawler, ids: dict[str, str]) -> None:
        with house.staff() as owner:
            made = owner.post("/api/profiles", json={"name": "Child", "maturity": 7})
            child = owner.again(None).choose(made.json()["id"])
            for route in crawler.routes:
                if route.schemes and route.path.startswith(("/api/studio/", "/api/operations/")):
                    refused(crawler.send(route, ids, {"authorization": f"Bearer {child.token}"}), 403)
            home = harmless(child.get("/api/discovery/home"))
            _no_adult(home)
            assert home.json()["preparing"] == []
            child.close()
            assert owner.delete(f"/api/profiles/{made.json()['id']}").status_code == 204


def _no_adult(answer: httpx.Response) -> None:
    said = answer.text.replace(answer.request.url.path, "")
    assert ADULT.lower() not in said.lower(), f"{answer.request.url}: {said[:300]}"
    assert "nachtfilm" not in said.lower(), f"{answer.request.url}: {said[:300]}"


def test_what_has_expired_counts_no_more(clocked: Installation) -> None:
    """A login lives 90 days, a media token the running time and six hours."""
    with clocked.sign_up("Ada") as ada, clocked.http() as http:
        session = ada.play(clocked.titles["all"]["id"])
        assert {httpx.get(url).status_code for url in session.media} == {200}
        assert http.post("/api/operations/clock", json={"advance_s": 7 * 3600}).status_code == 200
        with httpx.Client() as appliance:
            for url in session.media:
                eventually(lambda u=url: appliance.get(u).status_code == 403, 5)
        for url in (session.dash_url, session.hls_url, session.steering_url):
            refused(harmless(httpx.get(url)), 401, 403, 404)
        assert ada.get("/api/session").status_code == 200
        assert http.post("/api/operations/clock", json={"advance_s": 91 * 86400}).status_code == 200
        crawler = Crawler(clocked)
        for route in crawler.routes:
            if route.schemes:
                real = {**dict.fromkeys(route.in_path, ada.account["id"]), "version": "1"}
                assert crawler.send(route, real, {"authorization": f"Bearer {ada.token}"}).status_code == 401, (
                    route.name
                )
        crawler.close()


class TestBrowsers:
    """Cookies, and the pages of others."""

    def test_the_cookie_is_for_our_own_pages_and_no_script(self, house: Installation, ada: Person) -> None:
        body = {"email": ada.email, "password": ada.password}
        with house.http() as http:
            ours = http.post("/api/session", json=body, headers={"origin": house.url})
            assert ours.json()["access_token"] is None
            attributes = {part.strip().lower() for part in ours.headers["set-cookie"].split(";")[1:]}
            assert {"httponly", "samesite=lax", "path=/"} <= attributes
            house.spoken.add(ours.headers["set-cookie"].partition("=")[2].partition(";")[0])
            assert http.get("/api/session").status_code == 200
        with house.http() as http:
            theirs = http.post("/api/session", json=body, headers={"origin": "https://evil.example"})
            assert "set-cookie" not in theirs.headers

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://localhost"},
            {"origin": "http://localhost.evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "none", "origin": "https://evil.example"},
            {"referer": "https://evil.example/"},
            {},
        ],
        ids=str,
    )
    def test_a_page_of_others_changes_nothing(self, crawler: Crawler, resident: Person, headers: Json) -> None:
        cookie = {"cookie": f"matinee_session={resident.token}", **headers}
        for route in crawler.routes:
            if route.schemes and route.method not in {"GET", "HEAD", "OPTIONS"}:
                real = dict.fromkeys(route.in_path, resident.profiles[1]["id"])
                refused(crawler.send(route, real, cookie), 403)
        assert resident.get("/api/session").status_code == 200

    def test_no_answer_lets_another_page_read_it(self, crawler: Crawler, ids: dict[str, str], ada: Person) -> None:
        for route in crawler.routes:
            if route.schemes and route.method == "GET":
                headers = {"authorization": f"Bearer {ada.token}", "origin": "https://evil.example"}
                answer = crawler.send(route, ids, headers)
                assert "access-control-allow-origin" not in answer.headers, route.name
                assert "access-control-allow-credentials" not in answer.headers, route.name
                assert answer.headers["x-content-type-options"] == "nosniff", route.name
                assert answer.headers["referrer-policy"] == "no-referrer", route.name
                assert "public" not in answer.headers.get("cache-control", ""), route.name


def test_one_key_of_a_sign_up_gives_its_token_to_nobody_else(house: Installation) -> None:
    key = {"Idempotency-Key": secrets.token_hex(16)}
    body = {"email": f"{secrets.token_hex(6)}@example.org", "password": "correct horse", "name": "Cy", "plan": "basic"}
    body["payment_method"] = "pm_card_visa"
    with house.http() as http:
        body["plan"] = http.get("/api/signup/plans").json()["plans"][0]["id"]
        house.spoken.add(http.post("/api/signup", json=body, headers=key).json()["access_token"])
        for change in ({"password": "wrong horses"}, {"email": "other@example.org"}, {"name": "Di"}):
            refused(harmless(http.post("/api/signup", json={**body, **change}, headers=key)), 409)
        again = {"Idempotency-Key": secrets.token_hex(16)}
        refused(harmless(http.post("/api/signup", json=body, headers=again)), 409)


def test_the_card_is_written_down_nowhere(house: Installation) -> None:
    number = "4000002760003184"
    with house.http() as http:
        card = {"number": number, "exp_month": 12, "exp_year": 2099, "cvc": "9182"}
        assert http.post("/api/payments/simulated/tokens", json=card).status_code == 201
        refused(harmless(http.post("/api/payments/simulated/tokens", json={**card, "exp_month": 13})), 400)
    house.spoken.add(number)


def test_passwords_are_not_guessed_for_ever(house: Installation, bob: Person) -> None:
    def guess() -> int:
        body = {"email": bob.email, "password": secrets.token_hex(8)}
        return harmless(httpx.post(f"{house.url}/api/session", json=body)).status_code

    assert 429 in {guess() for _ in range(15)}


def test_a_moment_far_ahead_does_not_win_for_ever(house: Installation, ada: Person, playing: Playing) -> None:
    ahead, now = "9999-12-31T23:59:59Z", datetime.now(UTC).isoformat()
    assert ada.beat(playing.id, 7.0, ahead).status_code == 204
    eventually(lambda: ada.beat(playing.id, 2.0, datetime.now(UTC).isoformat()).status_code == 204)
    title = ada.get(f"/api/discovery/titles/{house.titles['all']['id']}").json()
    assert title["resume_position_s"] == 2.0, now
