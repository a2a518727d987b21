"""Media, as a hostile client asks for them: at the front door, at the appliances, at the origin."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
from crawler import PROBLEM, harmless, jwt, later, refused, said

from installation import DEVICE, DRAFT, Installation, Person, Playing, eventually


class TestMedia:
    """Manifests, playlists, segments and captions: the token is the gate."""

    def test_every_url_plays_for_its_own_token(self, playing: Playing) -> None:
        with httpx.Client() as http:
            for url in playing.media:
                answer = http.get(url)
                assert answer.status_code == 200, url
                assert "set-cookie" not in answer.headers

    def test_no_url_plays_for_another_token(self, house: Installation, bob: Person, playing: Playing) -> None:
        elsewhere = bob.play(house.titles["adult"]["id"])
        closed = bob.again().play(house.titles["all"]["id"])
        assert bob.delete(f"/api/play/sessions/{closed.id}").status_code == 204
        wrong = forged(house, playing)
        wrong |= {"another title's": elsewhere.segment, "an ended session's": closed.segment}
        eventually(
            lambda: all(httpx.get(_at(url, closed.segment, playing)).status_code == 403 for url in _one_each(playing))
        )
        with httpx.Client() as http:
            for url in playing.media:
                for why, segment in wrong.items():
                    answer = http.get(_at(url, segment, playing))
                    assert answer.status_code in {400, 403, 404}, f"{why}: {answer.status_code} {url}"
                    assert answer.headers["content-type"] == PROBLEM
                    assert "set-cookie" not in answer.headers

    def test_a_token_opens_no_other_title_and_no_other_file(
        self, house: Installation, ada: Person, playing: Playing
    ) -> None:
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

    def test_a_withdrawn_title_is_gone_within_five_seconds(
        self, house: Installation, ada: Person, playing: Playing
    ) -> None:
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


SECRETS = (b"BEGIN", b'"d":', b"root:", b"SQLite format", b"[appliances")


class TestPaths:
    """What leads elsewhere: with a token that counts, at each appliance, and at the front door."""

    def tricks(self, house: Installation, playing: Playing) -> list[str]:
        other, ours = house.titles["adult"]["id"], "/".join(playing.of_dash[0].split("/")[4:6])
        home, title = house.home.as_posix(), ours.partition("/")[0]
        up = ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..;", "..%00", "..%5c", "...", "%c0%ae%c0%ae", "..%2f.."]
        return [
            *(f"{ours}/{dots}/{dots}/{dots}/{dots}/secrets/gateway.json" for dots in up),
            *(f"{ours}/{dots}/{dots}/{other}/x/manifest.mpd" for dots in up),
            *(f"{ours}/v180/00001.m4s{tail}" for tail in ("%00", "%00.vtt", "/", "/..", "%20", ".", "~", ";x=1", "\\")),
            *(f"{ours}{cut}v180/00001.m4s" for cut in ("//", "/./", "%2f", "\\", "%5c", "/%2e/")),
            *(f"{title}{cut}{ours.partition('/')[2]}/v180/00001.m4s" for cut in ("//", "%2f", "/./")),
            f"{ours}/v180/{'a' * 9000}.m4s",
            f"{ours}/{'../' * 900}etc/passwd",
            f"{ours}/" + "v180/" * 1500,
            f"/{home}/secrets/gateway.json",
            "/etc/passwd",
            "file:///etc/passwd",
            f"{ours}/v180/00001.M4S",
            f"{ours.upper()}/v180/00001.m4s",
            f"{ours}/v180/*.m4s",
        ]

    def test_no_path_leads_out_of_what_the_token_names(self, house: Installation, playing: Playing) -> None:
        for base in playing.appliances:
            for trick in self.tricks(house, playing):
                request = f"GET /{playing.segment}/{trick} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                status, body = said(base, request.encode("latin-1"))
                assert status in {400, 403, 404, 414, 431}, f"{status} {trick[:200]}"
                assert not [word for word in SECRETS if word in body], trick[:200]

    @pytest.mark.parametrize(
        "start", ["/", "/assets/", "/api/", "/api/images/", "/api/play/sessions/", "//", "http://localhost/"]
    )
    def test_the_front_door_opens_no_other_folder(self, house: Installation, start: str) -> None:
        up = ["../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..\\", "..%5c", "%252e%252e%252f", "..%00/", "/"]
        for trick in [*(step * 12 + "etc/passwd" for step in up), *(step * 3 + "secrets/gateway.json" for step in up)]:
            host = f"Host: localhost:{house.port}\r\nConnection: close\r\n"
            status, body = said(house.url, f"GET {start}{trick} HTTP/1.1\r\n{host}\r\n".encode())
            page = status == 200 and b"<!doctype html" in body[:200].lower()
            assert page or status in {301, 308, 400, 404}, f"{status} {start}{trick}: {body[:200]!r}"
            assert not [word for word in SECRETS if word in body], trick


class TestRanges:
    """A range is a part of the file, the whole of it or 416; nothing else, however it is written."""

    ASKED = (
        "bytes=0-",
        "bytes=0-0",
        "bytes=-1",
        "bytes=-0",
        "bytes=-99999999999999999999999999",
        "bytes=99999999999999999999999999-",
        "bytes=0-99999999999999999999999999",
        "bytes=18446744073709551615-18446744073709551616",
        "bytes=9223372036854775807-",
        "bytes=5-1",
        "bytes=--5",
        "bytes=-",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "bytes=0x0-0x5",
        "bytes=1e1-",
        "bytes=+1-2",
        "bytes=\u0661-\u0662",
        "bytes=0-1,3-4",
        "bytes=" + ",".join(["0-"] * 1500),
        "bytes=" + "0" * 5000 + "1-2",
        "items=0-5",
        "bytes=0-5;x",
        "none",
    )

    @pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[:40])
    def test_it_gives_bytes_of_the_file_or_nothing(self, house: Installation, resident: Person, asked: str) -> None:
        playing = resident.play(house.titles["all"]["id"])
        for url in _one_each(playing):
            whole = httpx.get(url).content
            answer = httpx.get(url, headers={"range": asked.encode()})
            assert answer.status_code in {200, 206, 400, 416}, asked
            if answer.status_code == 200:
                assert answer.content == whole
            elif answer.status_code == 206:
                span, _, size = answer.headers["content-range"].removeprefix("bytes ").partition("/")
                first, last = map(int, span.split("-"))
                assert int(size) == len(whole)
                assert answer.content == whole[first : last + 1]
            elif answer.status_code == 416:
                assert answer.headers["content-range"] == f"bytes */{len(whole)}"
            assert httpx.head(url, headers={"range": asked.encode()}).content == b""


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
            assert harmless(origin.get(path, headers={"authorization": f"Bearer {token}".strip()})).status_code == 401
        assert harmless(origin.get(path)).status_code == 401

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/media",
            "/media/../secrets/gateway.json",
            "/media/%2e%2e/%2e%2e/secrets/gateway.json",
            "/secrets/gateway.json",
            "/media/a/b/../../../../secrets/gateway.json",
            "/media//etc/passwd",
            "/media/a/b/%00",
            "/media/a/b/c%2f..%2fd",
            "/images/x/320.jpg",
            "/uploads/x/0",
            "/metrics",
            "/health/live",
            "/media/a/b/" + "c" * 5000,
        ],
    )
    def test_it_gives_films_only(self, house: Installation, origin: httpx.Client, path: str) -> None:
        token = house.keyring("appliance-cdn-a").sign({"iss": "cdn-a", "aud": "origin", "exp": later(60)})
        request = origin.build_request("GET", "http://origin/", headers={"authorization": f"Bearer {token}"})
        request.url = request.url.copy_with(raw_path=path.encode())
        refused(harmless(origin.send(request)), 404)
