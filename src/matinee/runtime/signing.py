"""Signed tokens: JWTs (RFC 7519) in compact form (RFC 7515), ES256 (RFC 7518) and nothing else.

The header always names a key by its `kid`, the key's thumbprint (RFC 7638). Passports, origins, media and session tokens
are all made here; what a token may do stands in its claims, and who may mint it is who holds the keyring.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import UNSET, Struct, UnsetType

from matinee.runtime.errors import Conflict, Invalid, NotFound, Unauthenticated

_LONGEST = 8192
_COMPACT = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})\Z")
_ES256 = ec.ECDSA(SHA256())


class BadToken(Unauthenticated):
    type, title = "bad-token", "This token does not count"


class Key(Struct, frozen=True, omit_defaults=True):
    """A P-256 key as a JWK (RFC 7517). `d` is its secret part; `since` the second from which it signs, where that is known."""

    kid: str
    x: str
    y: str
    d: str = ""
    since: int = 0
    kty: str = ""
    crv: str = ""
    alg: str = ""
    use: str = ""


class Keys(Struct, frozen=True):
    """A JWK set; of a keyring's file the first key signs."""

    keys: list[Key]


class Header(Struct, frozen=True):
    alg: str
    kid: str
    crit: Any | UnsetType = UNSET


_header = msgspec.json.Decoder(Header)
_claims = msgspec.json.Decoder(dict[str, Any])


class Keyring:
    """The keys of one issuer in one private file: the newest signs, all of them verify until they are removed."""

    def __init__(self, path: Path, keys: list[Key]) -> None:
        self._path = path
        self._hold(keys)

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """The keyring of the file, made (0600) with one key where it is absent. Raises Invalid where it holds no keyring."""
        with contextlib.suppress(FileExistsError):
            if not path.exists():
                _write_new(path, [_made(0)])
        return cls(path, _read(path))

    def sign(self, claims: dict[str, Any]) -> str:
        """The token of these claims. `exp` (seconds since the epoch) is due: a verifier takes none without it."""
        signed = self._head + b"." + _encoded(msgspec.json.encode(claims))
        r, s = decode_dss_signature(self._secret.sign(signed, _ES256))
        return (signed + b"." + _encoded(r.to_bytes(32) + s.to_bytes(32))).decode()

    def jwks(self) -> str:
        """The public keys, for verifiers: a JWK set without a secret."""
        return msgspec.json.encode({"keys": [_public(key) for key in self._keys]}).decode()

    @property
    def kids(self) -> list[str]:
        """The keys' names, the one that signs first."""
        return [key.kid for key in self._keys]

    def rotate(self, now: datetime) -> str:
        """Makes a new key, which signs from now on; returns its `kid`. The file is replaced whole."""
        fresh = _made(int(now.timestamp()))
        self._keep([fresh, *_read(self._path)])
        return fresh.kid

    def remove(self, kid: str) -> None:
        """Ends a retired key: its tokens no longer count. Raises NotFound, or Conflict for the key that signs."""
        keys = _read(self._path)
        if kid not in [key.kid for key in keys]:
            raise NotFound(f"the keyring has no key {kid!r}")
        if kid == keys[0].kid:
            raise Conflict("this key signs; rotate first")
        self._keep([key for key in keys if key.kid != kid])

    def reload(self) -> bool:
        """Takes up what another process rotated or removed; True where something had changed."""
        keys = _read(self._path)
        changed = keys != self._keys
        if changed:
            self._hold(keys)
        return changed

    def _keep(self, keys: list[Key]) -> None:
        _replace(self._path, keys)
        self._hold(keys)

    def _hold(self, keys: list[Key]) -> None:
        self._keys = keys
        self._secret = ec.derive_private_key(int.from_bytes(_decoded(keys[0].d.encode())), ec.SECP256R1())
        self._head = _encoded(msgspec.json.encode({"alg": "ES256", "kid": keys[0].kid, "typ": "JWT"}))


class Verifier:
    """Checks tokens against an issuer's public keys. Raises Invalid where the text is no JWK set of P-256 keys."""

    def __init__(self, jwks: str | bytes) -> None:
        try:
            keys = msgspec.json.decode(jwks, type=Keys).keys
            self._keys = {key.kid: _point(key).public_key() for key in keys}
        except (msgspec.MsgspecError, ValueError) as error:
            raise Invalid(f"this is not a set of ES256 keys: {error}") from error

    def knows(self, kid: str) -> bool:
        """Whether a key of this name is among them."""
        return kid in self._keys

    def verify(
        self, token: str | bytes, now: datetime, *, issuer: str | None = None, audience: str | None = None
    ) -> dict[str, Any]:
        """The claims of a token that counts at `now`: signed by a known key, not run out (`exp`), begun (`nbf`), and, where
        asked, of this issuer (`iss`) and for this audience (`aud`). Raises BadToken, and only that, for anything else."""
        try:
            claims = self._claims(token.encode("ascii") if isinstance(token, str) else token)
        except (msgspec.MsgspecError, ValueError, KeyError, RecursionError, InvalidSignature) as error:
            raise BadToken from error
        _in_time(claims, now.timestamp())
        if issuer is not None and claims.get("iss") != issuer:
            raise BadToken("This token is of another issuer")
        if audience is not None and audience not in _audiences(claims):
            raise BadToken("This token is for someone else")
        return claims

    def _claims(self, token: bytes) -> dict[str, Any]:
        parts = _COMPACT.match(token) if len(token) <= _LONGEST else None
        if parts is None:
            raise ValueError("no compact JWS")
        header = _header.decode(_decoded(parts[1]))
        if header.alg != "ES256" or header.crit is not UNSET:
            raise ValueError("not ES256, or with an extension")
        signature = _decoded(parts[3])
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        self._keys[header.kid].verify(der, token[: parts.end(2)], _ES256)
        return _claims.decode(_decoded(parts[2]))


def _in_time(claims: dict[str, Any], now: float) -> None:
    until, since = claims.get("exp"), claims.get("nbf", now)
    if type(until) not in {int, float} or type(since) not in {int, float}:
        raise BadToken("This token names no time at which it runs out")
    if not since <= now < until:  # pyright: ignore[reportOperatorIssue] - both are numbers, as just asked
        raise BadToken("This token has run out, or has not begun")


def _audiences(claims: dict[str, Any]) -> list[Any]:
    audience: Any = claims.get("aud")
    return cast("list[Any]", audience) if isinstance(audience, list) else [audience]


def _made(since: int) -> Key:
    secret = ec.generate_private_key(ec.SECP256R1())
    public = secret.public_key().public_numbers()
    x, y = _number(public.x), _number(public.y)
    thumbprint = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
    kid = _encoded(thumbprint).decode()
    d = _number(secret.private_numbers().private_value)
    return Key(kid=kid, x=x, y=y, d=d, since=since, kty="EC", crv="P-256", alg="ES256", use="sig")


def _public(key: Key) -> Key:
    return msgspec.structs.replace(key, d="", since=0)


def _point(key: Key) -> ec.EllipticCurvePublicNumbers:
    if key.kty != "EC" or key.crv != "P-256":
        raise ValueError(f"the key {key.kid!r} is not on P-256")
    x, y = (int.from_bytes(_decoded(part.encode())) for part in (key.x, key.y))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())


def _read(path: Path) -> list[Key]:
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=Keys).keys
    except msgspec.MsgspecError as error:
        raise Invalid(f"{path} holds no keyring: {error}") from error
    if not keys or not keys[0].d:
        raise Invalid(f"{path} holds no key that signs")
    return keys


def _write_new(path: Path, keys: list[Key]) -> None:
    """Raises FileExistsError where another process was first: then its keys count."""
    scratch = _scratch(path, keys)
    try:
        os.link(scratch, path)
    finally:
        scratch.unlink()


def _replace(path: Path, keys: list[Key]) -> None:
    _scratch(path, keys).replace(path)


def _scratch(path: Path, keys: list[Key]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 from the first
    with open(descriptor, "wb") as file:  # noqa: PTH123 - by descriptor
        file.write(msgspec.json.format(msgspec.json.encode(Keys(keys))) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(scratch)


def _number(value: int) -> str:
    return _encoded(value.to_bytes(32)).decode()


def _encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Base64url without padding, in its one canonical form. Raises ValueError for any other."""
    data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise ValueError("not canonical base64url")
    return data
