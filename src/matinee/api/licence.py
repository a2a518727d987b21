"""The keys of an encrypted film, for who has the token of a session that plays it: as a licence server of W3C Clear Key, and
plain for players that decrypt HLS by themselves.

Clear Key hides nothing from who watches: it keeps a film from who has only its files. A key cannot be called back; but the
session's end stops its bytes within seconds, and no second key is given after it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Literal

from litestar import HttpMethod, Response, get, post, route
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.manifests import HEADERS, Token
from matinee.api.viewer import Access
from matinee.services.playback.contract import BadSessionToken, LicenceQuery, NoSuchSession, NotLicensed

_PATH = "/api/play/sessions/{session_id:str}/licence"
_PROBLEMS = [NoSuchSession, BadSessionToken, NotLicensed]
_PREFLIGHT = {
    "Allow": "OPTIONS, POST",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}

Kid = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}\Z", description="A key's name, base64url without padding.")]


class KeyRequest(Struct, frozen=True):
    """What a browser's Clear Key module asks for (W3C Encrypted Media Extensions, section 9.1.3)."""

    kids: Annotated[list[Kid], Meta(min_length=1, max_length=32)]
    type: Literal["temporary"] = "temporary"


class Key(Struct, frozen=True):
    """A symmetric key as a JWK (RFC 7517): `k` is the key, `kid` its name, both base64url without padding."""

    k: str
    kid: Kid
    kty: Literal["oct"] = "oct"


class KeySet(Struct, frozen=True):
    """The licence (W3C Encrypted Media Extensions, section 9.1.4)."""

    keys: list[Key]
    type: Literal["temporary"] = "temporary"


@post(_PATH, access=Access.PUBLIC, status_code=200, problems=_PROBLEMS, any_media_type=True)
async def licence(
    session_id: FromPath[str], data: JSONBody[KeyRequest], clients: Injected[Clients], token: Token = ""
) -> Response[KeySet]:
    """The session's keys, of those that are asked for. Players send the body under whatever content type they like."""
    wanted = [_decoded(kid).hex() for kid in data.kids]
    given = await clients.playback.licence(LicenceQuery(session_id, token, wanted))
    keys = [Key(_encoded(each.key), _encoded(bytes.fromhex(each.key_id))) for each in given.keys]
    return Response(KeySet(keys), headers=HEADERS)


@route(_PATH, http_method=[HttpMethod.OPTIONS], status_code=204, access=Access.PUBLIC)
async def preflight() -> Response[None]:
    """A page of any origin may ask, as it may read the media: the token is the gate."""
    return Response(None, status_code=204, headers=_PREFLIGHT)


@get(
    "/api/play/sessions/{session_id:str}/key",
    access=Access.PUBLIC,
    problems=_PROBLEMS,
    media_type="application/octet-stream",
)
async def plain_key(session_id: FromPath[str], clients: Injected[Clients], token: Token = "") -> Response[bytes]:
    """The session's key as its sixteen bytes, which HLS calls the key format `identity`."""
    given = await clients.playback.licence(LicenceQuery(session_id, token))
    return Response(given.keys[0].key, media_type="application/octet-stream", headers=HEADERS)


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


ROUTES = [preflight, licence, plain_key]  # the framework makes one itself where OPTIONS comes second
