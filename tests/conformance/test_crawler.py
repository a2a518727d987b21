"""A hostile client. It calls every route of the OpenAPI file and every media URL without a right to, and gets nothing.

A route that is added later is crawled without a change here; one that asks for nobody, or has a parameter whose meaning is
not known here, fails until a person has looked at it.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from conftest import ADULT, DRAFT
from installation import DEVICE, Installation, Person, Playing, eventually

PROBLEM = "application/problem+json"
Json = dict[str, Any]

NOBODYS_HEADERS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "1000",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
    "Idempotency-Key": "crawler-1",
}
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
    "GET /api/play/sessions/{session_id}/steering",
    "OPTIONS /api/studio/uploads",
    "POST /api/operations/clock",
}
"""Looked at one by one: what a sign-up needs, what carries a token or a signature of its own, and the test clock, which is
there for this machine only."""
OWNED = {"profile_id", "login", "session_id", "upload_id"}
"""Path parameters that belong to one account."""


class Route:
    """One operation of the OpenAPI file."""

    def __init__(self, method: str, path: str, described: Json) -> None:
        self.name = f"{method.upper()} {path}"
        self.method, self.path, self.described = method.upper(), path, described
        self.parameters: list[Json] = described.get("parameters", [])
        self.schemes = {name for each in described["security"] for name in each}

    @property
    def in_path(self) -> set[str]:
        return {each["name"] for each in self.parameters if each["in"] == "path"}

    def request(self, ids: dict[str, str], headers: dict[str, str]) -> httpx.Request:
        """As one who may would send it. Raises KeyError for a parameter that nobody told this test about."""
        path = self.path
        for name in self.in_path:
            path = path.replace(f"{{{name}}}", ids[name])
        needed = [each["name"] for each in self.parameters if each["in"] == "header" and each.get("required")]
        known = {name: NOBODYS_HEADERS[name] for name in needed}
        query = {each["name"]: ids[each["name"]] for each in self.parameters if each["in"] == "query" and each["name"] in ids}
        body = self.described.get("requestBody", {}).get("content", {}).get("application/json")
        options: Json = {} if body is None else {"json": body["example"]}
        return httpx.Request(self.method, f"http://h{path}", headers={**known, **headers}, params=query, **options)


class Crawler:
    """Sends requests, and holds every answer against what must never be in one."""

    def __init__(self, house: Installation) -> None:
        self._house = house
        self.http = house.http()
        document = self.http.get("/api/openapi.json").json()
        self.routes = [Route(m, path, each) for path, item in document["paths"].items() for m, each in item.items()]

    def send(self, route: Route, ids: dict[str, str], headers: dict[str, Any]) -> httpx.Response:
        made = route.request(ids, {})
        raw = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()]
        kept = [(name, value) for name, value in made.headers.raw if name.lower() not in {b"host"}]
        answer = self.http.request(
            made.method, made.url.raw_path.decode(), headers=[*kept, *raw], content=made.content
        )
        return harmless(answer)

    def close(self) -> None:
        self.http.close()


def harmless(answer: httpx.Response) -> httpx.Response:
    """No failure of ours, and nothing of the inside in it."""
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    for inside in ("Traceback", "site-packages", ".py\"", "sqlite", "/tmp/mt", "matinee.services", "Exception"):
        assert inside not in answer.text, where
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        problem = answer.json()
        assert answer.headers["content-type"] == PROBLEM, where
        assert {"type", "title", "status", "detail"} <= set(problem), where
        assert problem["status"] == answer.status_code, where
    return answer


def refused(answer: httpx.Response, *statuses: int) -> None:
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in (statuses or (401, 403, 404)), where


def jwt(claims: Json, **header: str) -> str:
    """A token that no key signed."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT", **header}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def later(seconds: int = 3600) -> int:
    return int(time.time()) + seconds


@pytest.fixture(scope="module")
def crawler(house: Installation) -> Iterator[Crawler]:
    made = Crawler(house)
    yield made
    made.close()


@pytest.fixture
def ada(house: Installation) -> Iterator[Person]:
    """Whose things others want: she has a grown-up's profile, chosen, and a child's."""
    with house.sign_up("Ada") as person:
        yield person


@pytest.fixture
def bob(house: Installation) -> Iterator[Person]:
    with house.sign_up("Bob") as person:
        yield person


@pytest.fixture
def playing(house: Installation, ada: Person) -> Playing:
    return ada.play(house.titles["all"]["id"])


@pytest.fixture
def ids(house: Installation, ada: Person, playing: Playing) -> dict[str, str]:
    """Real ones, for every parameter that stands in a path, and the tokens that stand in a query."""
    with house.staff() as owner:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        upload = owner.post("/api/studio/uploads", headers=headers).headers["location"].rpartition("/")[2]
        preparation = next(
            each["id"] for each in owner.get("/api/studio/preparations").json()["preparations"] if each["phase"] == "uploading"
        )
    return {
        "challenge_id": "3f6b7c",
        "genre_id": "drama",
        "image_id": house.titles["all"]["poster_url"].rpartition("/")[2],
        "login": ada.login,
        "preparation_id": preparation,
        "profile_id": ada.profiles[1]["id"],
        "provider": "simulated",
        "session_id": playing.id,
        "title_id": house.titles["all"]["id"],
        "upload_id": upload,
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
        "an empty token": {"authorization": "Bearer "},
        "another scheme": {"authorization": f"Basic {ada.token}"},
        "no scheme": {"authorization": ada.token},
        "bytes": {"authorization": b"Bearer \xff\xfe\x80"},
        "a long token": {"authorization": "Bearer " + "a" * 10_000},
        "a token with a tail": {"authorization": f"Bearer {ada.token}x"},
        "a token cut short": {"authorization": f"Bearer {ada.token[:-1]}"},
        "a token in other letters": {"authorization": f"Bearer {ada.token.swapcase()}"},
        "a cookie of garbage": {"cookie": "matinee_session=garbage"},
        "another cookie": {"cookie": f"session={ada.token}; xmatinee_session={ada.token}"},
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
            if "session_id" in route.in_path or route.path == "/api/operations/clock":
                refused(answer)


def test_a_members_own_session_is_no_key_to_anothers_things(
    crawler: Crawler, ids: dict[str, str], ada: Person, bob: Person, playing: Playing
) -> None:
    for route in crawler.routes:
        if route.in_path & OWNED:
            refused(crawler.send(route, ids, {"authorization": f"Bearer {bob.token}"}))
    refused(bob.post("/api/session/profile", json={"profile_id": ada.profiles[0]["id"]}), 404)
    refused(bob.beat(playing.id, 5.0))
    assert len(ada.refresh().profiles) == 2
    assert httpx.get(playing.dash_url).status_code == 200
    assert ada.get("/api/session").status_code == 200


def test_no_answer_to_a_member_speaks_of_another_or_of_what_is_not_published(
    crawler: Crawler, ids: dict[str, str], ada: Person, bob: Person
) -> None:
    for route in crawler.routes:
        with bob.again() as other:  # some routes end the login
            answer = crawler.send(route, ids, {"authorization": f"Bearer {other.token}"})
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


def test_staff_without_a_profile_browse_and_play_nothing(crawler: Crawler, ids: dict[str, str], house: Installation) -> None:
    with house.staff(profile=None) as owner:
        for route in crawler.routes:
            if route.schemes and route.path.startswith(("/api/discovery/", "/api/play/")):
                answer = crawler.send(route, ids, {"authorization": f"Bearer {owner.token}"})
                refused(answer, 403)
                assert answer.json()["type"] == "profile-required"
        refused(owner.get(house.titles["adult"]["poster_url"]))


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
        asked = {**ids, "title_id": adult["id"], "image_id": adult["poster_url"].rpartition("/")[2], "genre_id": "nachtfilm"}
        asked["session_id"] = ada.play(adult["id"]).id
        for route in crawler.routes:
            if route.schemes and route.method != "DELETE":
                answer = crawler.send(route, asked, {"authorization": f"Bearer {child.token}"})
                _no_adult(answer)
                if route.in_path & {"title_id", "image_id", "genre_id", "session_id"}:
                    refused(answer)

    @pytest.mark.parametrize("query", [ADULT, ADULT[:5], ADULT.lower(), "Zanzibarverbto", "nachtfilm", "it is", "z", "*", ""])
    def test_search_finds_no_adult_title(self, child: Person, query: str) -> None:
        _no_adult(harmless(child.get("/api/discovery/search", params={"q": query})))

    @pytest.mark.parametrize("path", ["home", "genres", "genres/nachtfilm", "genres/drama", "genres/drama?after=1.x"])
    def test_no_list_has_it(self, child: Person, path: str) -> None:
        _no_adult(harmless(child.get(f"/api/discovery/{path}")))

    @pytest.mark.parametrize("w", ["", "?w=1", "?w=10000", "?w=320&w=1"])
    def test_its_picture_is_not_given(self, house: Installation, child: Person, ada: Person, w: str) -> None:
        assert ada.get(house.titles["adult"]["poster_url"] + w).status_code == 200
        refused(harmless(child.get(house.titles["adult"]["poster_url"] + w)), 403, 404)

    def test_what_was_begun_is_gone_once_the_limit_is_lower(self, house: Installation, ada: Person) -> None:
        adult = house.titles["adult"]["id"]
        session = ada.play(adult)
        assert ada.beat(session.id, 3.0).status_code == 204
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
        ]
        assert [answer.status_code for answer in asked] == [403] * len(asked)

    def test_a_pin_keeps_it_out_of_the_grown_ups_profile(self, ada: Person, child: Person) -> None:
        grown_up = ada.profiles[0]["id"]
        assert ada.patch(f"/api/profiles/{grown_up}", json={"pin": "4711"}).status_code == 200
        for wrong in ({}, {"pin": "0000"}, {"pin": None}):
            refused(harmless(child.post("/api/session/profile", json={"profile_id": grown_up, **wrong})), 403)
        for bad in ("", "471", "47110", "４７１１", "4711\n"):
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


class TestMedia:
    """Manifests, playlists, segments and captions: the token is the gate."""

    def test_every_url_plays_for_its_own_token(self, playing: Playing) -> None:
        with httpx.Client() as http:
            for url in playing.media:
                answer = http.get(url)
                assert answer.status_code == 200, url
                assert "set-cookie" not in answer.headers

    def test_no_url_plays_for_another_token(
        self, house: Installation, ada: Person, bob: Person, playing: Playing
    ) -> None:
        elsewhere = bob.play(house.titles["adult"]["id"])
        closed = bob.again().play(house.titles["all"]["id"])
        assert bob.delete(f"/api/play/sessions/{closed.id}").status_code == 204
        wrong = forged(house, playing)
        wrong |= {"another title's": elsewhere.segment, "an ended session's": closed.segment}
        eventually(lambda: all(httpx.get(_at(url, closed.segment, playing)).status_code == 403 for url in _one_each(playing)))
        with httpx.Client() as http:
            for url in playing.media:
                for why, segment in wrong.items():
                    answer = http.get(_at(url, segment, playing))
                    assert answer.status_code in {400, 403, 404}, f"{why}: {answer.status_code} {url}"
                    assert answer.headers["content-type"] == PROBLEM
                    assert "set-cookie" not in answer.headers

    def test_a_token_opens_no_other_title_and_no_other_file(self, house: Installation, ada: Person, playing: Playing) -> None:
        other = ada.again().play(house.titles["adult"]["id"])
        with httpx.Client() as http:
            for url in other.media:
                assert http.get(_at(url, playing.segment, other)).status_code == 403, url
            for base in playing.appliances:
                for path in ("", "/", "/..", f"/{house.titles['all']['id']}", f"/{house.titles['all']['id']}/x/y"):
                    assert http.get(f"{base}/{playing.segment}{path}").status_code in {400, 403, 404}

    def test_what_ends_a_session_ends_its_media(self, house: Installation, ada: Person) -> None:
        """Deleted, logged out, logged out from elsewhere, its slot taken: at most five seconds later nothing more is given."""
        title = house.titles["all"]["id"]
        out, away = ada.again(), ada.again()
        sessions = [ada.play(title), out.play(title), away.play(title)]
        away_login = away.login
        for session in sessions:
            assert [httpx.get(url).status_code for url in _one_each(session)] == [200, 200]
        assert ada.delete(f"/api/play/sessions/{sessions[0].id}").status_code == 204
        assert out.delete("/api/session").status_code == 204
        assert ada.delete(f"/api/devices/{away_login}").status_code == 204
        for session in sessions:
            eventually(lambda s=session: [httpx.get(url).status_code for url in _one_each(s)] == [403, 403], 5)
            for url in (session.dash_url, session.hls_url, session.steering_url):
                refused(harmless(httpx.get(url)), 404)
        refused(ada.beat(sessions[0].id, 1.0), 404)

    def test_a_withdrawn_title_is_gone_within_five_seconds(self, house: Installation, ada: Person, playing: Playing) -> None:
        title, picture = house.titles["all"]["id"], house.titles["all"]["poster_url"]
        with house.staff() as owner:
            assert owner.post(f"/api/studio/titles/{title}/withdraw").status_code == 200
            try:
                eventually(lambda: {httpx.get(url).status_code for url in playing.media} <= {403, 404}, 5)
                eventually(lambda: "Open Sea" not in ada.get("/api/discovery/home").text, 5)
                for path in (f"/api/discovery/titles/{title}", picture):
                    refused(harmless(ada.get(path)), 404)
                refused(harmless(ada.post(f"/api/play/{title}", json={"device": DEVICE})), 404)
                refused(harmless(httpx.get(playing.dash_url)), 404)
            finally:
                owner.post(f"/api/studio/titles/{title}/publish").raise_for_status()
        again = ada.play(title)
        eventually(lambda: {httpx.get(url).status_code for url in again.media} == {200}, 20)

    def test_what_is_not_published_does_not_play(self, house: Installation, ada: Person) -> None:
        draft = house.titles["draft"]
        refused(harmless(ada.post(f"/api/play/{draft['id']}", json={"device": DEVICE})), 404)
        refused(harmless(ada.get(f"/api/discovery/titles/{draft['id']}")), 404)
        refused(harmless(ada.get(draft["poster_url"])), 404)
        refused(harmless(ada.get("/api/discovery/genres/werkstatt")), 404)
        for answer in (ada.get("/api/discovery/home"), ada.get("/api/discovery/search", params={"q": DRAFT})):
            assert DRAFT not in answer.text

    def test_manifests_open_with_their_own_token_only(self, playing: Playing, bob: Person, house: Installation) -> None:
        other = bob.play(house.titles["all"]["id"])
        tokens = {
            "",
            "x",
            other.token,
            playing.token[:-1],
            playing.token + "x",
            playing.token.swapcase(),
            playing.id + ".",
            f"{playing.id}.{other.token.partition('.')[2]}",
            playing.segment.partition("=")[2],
            "é" * 100,
            "%00",
            "a" * 1999,
        }
        for url in (playing.dash_url, playing.hls_url, playing.steering_url):
            bare = url.partition("?")[0]
            for token in tokens:
                refused(harmless(httpx.get(bare, params={"token": token})), 401, 403, 404)
            refused(harmless(httpx.get(bare)), 401, 403, 404)
            refused(harmless(bob.get(bare)), 401, 403, 404)


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
                real = dict.fromkeys(route.in_path, ada.account["id"])
                assert crawler.send(route, real, {"authorization": f"Bearer {ada.token}"}).status_code == 401, route.name
        crawler.close()


def forged(house: Installation, playing: Playing) -> dict[str, str]:
    """Path segments that are no token, or not one that our steering signed for these files."""
    token = playing.segment.partition("=")[2]
    head, claims, mark = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    named = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    stranger, steering = house.keyring("gateway"), house.keyring("media")
    package = "URISigningPackage="
    return {
        "none": "x",
        "empty": package,
        "garbage": package + "garbage",
        "dots": package + "..",
        "cut": package + token[:-1],
        "with a tail": package + token + "A",
        "without a mark": f"{package}{head}.{claims}.",
        "with another mark": f"{package}{head}.{claims}.{mark[::-1]}",
        "other claims": f"{package}{head}.{jwt({**known, 'exp': later(10**6)}).split('.')[1]}.{mark}",
        "unsigned": package + jwt(known, kid=named["kid"]),
        "of another key": package + stranger.sign(known),
        "expired": package + steering.sign({**known, "exp": later(-1)}),
        "without an end": package + steering.sign({k: v for k, v in known.items() if k != "exp"}),
        "of another issuer": package + steering.sign({**known, "iss": "matinee/accounts"}),
        "for everything": package + steering.sign({**known, "cdniuc": "regex:.*"}),
        "for a claim that is not known": package + steering.sign({**known, "cdniets": 30}),
        "the name in other letters": playing.segment.replace("URISigningPackage", "urisigningpackage"),
        "the name escaped": playing.segment.replace("URI", "%55RI"),
        "very long": package + "a" * 8000,
    }


def _at(url: str, segment: str, playing: Playing) -> str:
    return url.replace(playing.segment, segment)


def _one_each(playing: Playing) -> list[str]:
    """One file, at each appliance."""
    return [next(url for url in playing.of_dash if url.startswith(base)) for base in playing.appliances]


class TestOrigin:
    """The origin serves appliances alone."""

    @pytest.fixture
    def origin(self, house: Installation) -> Iterator[httpx.Client]:
        transport = httpx.HTTPTransport(uds=str(house.home / "run" / "origin-films.sock"))
        with httpx.Client(transport=transport, base_url="http://origin") as http:
            yield http

    def test_it_knows_nobody_else(
        self, house: Installation, origin: httpx.Client, ada: Person, playing: Playing
    ) -> None:
        path = "/media/" + playing.of_dash[0].partition(playing.segment + "/")[2]
        key = house.keyring("appliance-cdn-a")
        right = {"iss": "cdn-a", "aud": "origin", "exp": later(60)}
        assert origin.get(path, headers={"authorization": f"Bearer {key.sign(right)}"}).status_code == 200
        wrong = [key.sign({**right, "exp": later(-5)}), key.sign({**right, "aud": "open-connect"})]
        wrong += [key.sign({**right, "iss": "cdn-b"}), jwt(right), ada.token, playing.segment.partition("=")[2], ""]
        for token in wrong:
            assert harmless(origin.get(path, headers={"authorization": f"Bearer {token}"})).status_code == 401
        assert harmless(origin.get(path)).status_code == 401

    @pytest.mark.parametrize(
        "path",
        ["/", "/media", "/media/../secrets/gateway.json", "/media/%2e%2e/%2e%2e/secrets/gateway.json", "/secrets/gateway.json"]
        + ["/media/a/b/../../../../secrets/gateway.json", "/media//etc/passwd", "/media/a/b/%00", "/media/a/b/c%2f..%2fd"]
        + ["/images/x/320.jpg", "/uploads/x/0", "/metrics", "/health/live", "/media/a/b/" + "c" * 5000],
    )
    def test_it_gives_films_only(self, house: Installation, origin: httpx.Client, path: str) -> None:
        token = house.keyring("appliance-cdn-a").sign({"iss": "cdn-a", "aud": "origin", "exp": later(60)})
        request = origin.build_request("GET", "http://origin/", headers={"authorization": f"Bearer {token}"})
        request.url = request.url.copy_with(raw_path=path.encode())
        refused(harmless(origin.send(request)), 404)


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
    def test_a_page_of_others_changes_nothing(self, house: Installation, crawler: Crawler, ada: Person, headers: Json) -> None:
        cookie = {"cookie": f"matinee_session={ada.token}", **headers}
        for route in crawler.routes:
            if route.schemes and route.method not in {"GET", "HEAD", "OPTIONS"}:
                real = dict.fromkeys(route.in_path, ada.profiles[1]["id"])
                refused(crawler.send(route, real, cookie), 403)
        assert ada.get("/api/session").status_code == 200

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
