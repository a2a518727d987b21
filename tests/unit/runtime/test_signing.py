from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from matinee.runtime.errors import Conflict, Invalid, NotFound
from matinee.runtime.signing import BadToken, Keyring, Verifier

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXP = int((NOW + timedelta(minutes=1)).timestamp())
CLAIMS: dict[str, Any] = {"iss": "matinee/accounts", "aud": "matinee/api", "sub": "acc_1", "exp": EXP}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.load(tmp_path / "secrets" / "passport.json")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Verifier]:
    keyring = Keyring.load(tmp_path_factory.mktemp("keys") / "k.json")
    return keyring.sign(CLAIMS), Verifier(keyring.jwks())


def test_a_token_says_what_was_signed(keyring: Keyring) -> None:
    verifier = Verifier(keyring.jwks())
    assert verifier.verify(keyring.sign(CLAIMS), NOW, issuer="matinee/accounts", audience="matinee/api") == CLAIMS
    assert verifier.verify(keyring.sign(CLAIMS).encode(), NOW) == CLAIMS


def test_the_file_is_private_and_lasts(tmp_path: Path) -> None:
    path = tmp_path / "k.json"
    first = Keyring.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load(path).jwks() == first.jwks()
    first.rotate(NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["k.json"]


def test_no_secret_leaves_the_keyring(keyring: Keyring) -> None:
    (key,) = json.loads(keyring.jwks())["keys"]
    assert set(key) == {"kid", "x", "y", "kty", "crv", "alg", "use"}


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(Keyring.load(tmp_path / "k.json").jwks())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_rotation_signs_anew_and_verifies_the_old_until_it_is_removed(keyring: Keyring) -> None:
    old, (retired,) = keyring.sign(CLAIMS), keyring.kids
    assert keyring.rotate(NOW) == keyring.kids[0] != retired
    both = Verifier(keyring.jwks())
    assert both.verify(old, NOW) == both.verify(keyring.sign(CLAIMS), NOW) == CLAIMS
    keyring.remove(retired)
    with pytest.raises(BadToken):
        Verifier(keyring.jwks()).verify(old, NOW)


def test_another_process_takes_up_a_rotation(tmp_path: Path) -> None:
    ours, theirs = Keyring.load(tmp_path / "k.json"), Keyring.load(tmp_path / "k.json")
    assert not ours.reload()
    theirs.rotate(NOW)
    assert ours.reload()
    assert ours.kids == theirs.kids
    assert Verifier(theirs.jwks()).verify(ours.sign(CLAIMS), NOW) == CLAIMS


def test_the_key_that_signs_is_not_removed(keyring: Keyring) -> None:
    with pytest.raises(Conflict):
        keyring.remove(keyring.kids[0])
    with pytest.raises(NotFound):
        keyring.remove("nobody")


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"exp": EXP - 60}, {}),
        ({"exp": None}, {}),
        ({"exp": True}, {}),
        ({"exp": str(EXP)}, {}),
        ({"nbf": EXP}, {}),
        ({"nbf": "soon"}, {}),
        ({}, {"issuer": "matinee/gateway"}),
        ({}, {"audience": "matinee/cdn"}),
        ({"aud": ["one", "two"]}, {"audience": "matinee/api"}),
        ({"aud": None}, {"audience": "matinee/api"}),
        ({"iss": ["matinee/accounts"]}, {"issuer": "matinee/accounts"}),
    ],
)
def test_claims_that_do_not_count(keyring: Keyring, change: dict[str, Any], asked: dict[str, str]) -> None:
    with pytest.raises(BadToken):
        Verifier(keyring.jwks()).verify(keyring.sign(CLAIMS | change), NOW, **asked)


def test_one_of_several_audiences_counts(keyring: Keyring) -> None:
    token = keyring.sign(CLAIMS | {"aud": ["other", "matinee/api"]})
    assert Verifier(keyring.jwks()).verify(token, NOW, audience="matinee/api")["sub"] == "acc_1"


def test_a_token_without_exp_does_not_count(keyring: Keyring) -> None:
    with pytest.raises(BadToken):
        Verifier(keyring.jwks()).verify(keyring.sign({"iss": "matinee"}), NOW)


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "es256"}, {"crit": ["b64"]}, {"kid": "?"}, {"kid": 1}]
)
def test_another_header_does_not_count(keyring: Keyring, header: dict[str, Any]) -> None:
    """Signed by the right key, and still refused: the header alone is wrong."""
    secret = ECKey.import_key({"alg": "ES256", **json.loads((keyring._path).read_text())["keys"][0]})
    own = {"alg": "ES256", "kid": keyring.kids[0]} | header
    signed = f"{encoded(own)}.{encoded(CLAIMS)}"

    r, s = decode_dss_signature(secret.private_key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).decode().rstrip("=")
    with pytest.raises(BadToken):
        Verifier(keyring.jwks()).verify(f"{signed}.{signature}", NOW)


def test_the_tokens_are_those_of_others(keyring: Keyring) -> None:
    """joserfc reads ours, and we read joserfc's."""
    public = KeySet.import_key_set(json.loads(keyring.jwks()))
    assert jwt.decode(keyring.sign(CLAIMS), public, algorithms=["ES256"]).claims == CLAIMS
    theirs = ECKey.generate_key("P-256", {"kid": "theirs", "alg": "ES256"})
    token = jwt.encode({"alg": "ES256", "kid": "theirs"}, CLAIMS, theirs, algorithms=["ES256"])
    jwks = json.dumps({"keys": [theirs.as_dict(private=False)]})
    assert Verifier(jwks).verify(token, NOW) == CLAIMS
    assert public.keys[0].thumbprint() == keyring.kids[0]


@pytest.mark.parametrize(
    "jwks", ["", "{}", '{"keys": [{"kid": "a", "kty": "oct", "x": "", "y": ""}]}', b"\xff", '{"keys": 1}']
)
def test_a_bad_key_set_is_one_sentence(jwks: str) -> None:
    with pytest.raises(Invalid):
        Verifier(jwks)


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', "not json"])
def test_a_spoilt_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "k.json").write_text(text)
    with pytest.raises(Invalid, match=r"k\.json"):
        Keyring.load(tmp_path / "k.json")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_counts(pair: tuple[str, Verifier], data: st.DataObject) -> None:
    token, verifier = pair
    at = data.draw(st.integers(0, len(token) - 1))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.text(max_size=3))
    mutated = token[:at] + put + token[at + cut :]
    if mutated == token:
        assert verifier.verify(mutated, NOW) == CLAIMS
        return
    with pytest.raises(BadToken):
        verifier.verify(mutated, NOW)


def test_no_last_letter_but_the_right_one_counts(pair: tuple[str, Verifier]) -> None:
    token, verifier = pair
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") - {token[-1]}:
        with pytest.raises(BadToken):
            verifier.verify(token[:-1] + letter, NOW)


@settings(max_examples=200)
@given(st.one_of(st.binary(), st.text(), st.from_regex(r"[\w-]+\.[\w-]+\.[A-Za-z0-9_-]{86}")))
@example("")
@example("..")
@example("\ud800.a.b")
@example(b"a" * 9000)
@example(encoded({"alg": "ES256", "kid": "x"}) + "." + "W" * 7000 + "." + "A" * 86)
@example(urlsafe_b64encode(b"[" * 5000).decode().rstrip("=") + ".e30." + "A" * 86)
@example(urlsafe_b64encode(b'{"alg":"ES256","kid":"\xff"}').decode().rstrip("=") + ".e30." + "A" * 86)
def test_whatever_the_bytes_it_is_a_bad_token(pair: tuple[str, Verifier], token: str | bytes) -> None:
    with pytest.raises(BadToken):
        pair[1].verify(token, NOW)
