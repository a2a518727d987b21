"""The path that a request means. Whatever a server behind could read otherwise than the filters did is refused."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from matinee.gateway.errors import BadRequest

_ABSOLUTE = re.compile(rb"https?://([^/?]+)(/[^?]*)?(\?.*)?", re.IGNORECASE)
_REFUSED = re.compile(rb"/\.\.?(?:/|\Z)|[\x00-\x1f\x7f\\]")
_REFUSED_ESCAPE = re.compile(rb"%(?:2f|5c|00)|%(?![0-9a-f]{2})", re.IGNORECASE)
_SLASHES = re.compile(rb"//+")


def origin_form(target: bytes, host: bytes) -> bytes:
    """A target in absolute form (a proxy's, which a server must take: RFC 9112 3.2.2) as a path with its query. Raises
    BadRequest for every other form, and where it names another host than the Host header."""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise BadRequest("The request target must be a path")
    if absolute[1].lower() != host.lower():
        raise BadRequest("The request target and the Host header name different hosts")
    return (absolute[2] or b"/") + (absolute[3] or b"")


def path_of(target: bytes) -> bytes:
    """The decoded path of a target, runs of slashes as one: what routes and filters look at. Raises BadRequest for dot
    segments, backslashes, control characters and escaped slashes."""
    path = target.partition(b"?")[0]
    if b"%" in path:
        if _REFUSED_ESCAPE.search(path):
            raise BadRequest("The path holds an escape that is not allowed")
        path = unquote_to_bytes(path)
    if b"/." in path or b"\\" in path or b"%" in target:
        _refuse_tricks(path)
    return _SLASHES.sub(b"/", path) if b"//" in path else path


def _refuse_tricks(path: bytes) -> None:
    if _REFUSED.search(path):
        raise BadRequest("The path holds dot segments or characters that are not allowed")


_IN_PATH = re.compile(rb"(URISigningPackage=)[^&/]*", re.IGNORECASE)
_CODES = frozenset({b"code", b"user_code"})


_PATIENCE = re.compile(rb"[?&]wait_s=([0-9]{1,4}(?:\.[0-9]{1,9})?)(?:&|\Z)")


def patience(target: bytes) -> float:
    """Seconds that who asks wants the answer to wait for something new: a long poll is not slow for that."""
    found = _PATIENCE.search(target)
    return float(found[1]) if found else 0.0


def without_secrets(target: bytes) -> str:
    """The target as a log may have it: tokens cut out. It may be all a stranger's, so each byte of it is looked at once."""
    path, question, query = _IN_PATH.sub(rb"\1...", target).partition(b"?")
    if b"=" in query:
        query = b"&".join(map(_shown, query.split(b"&")))
    return (path + question + query).decode("latin-1")


def _shown(parameter: bytes) -> bytes:
    """What is called by an escaped name may be called `token`: a server reads it so."""
    name, equals, _ = parameter.partition(b"=")
    called = name.rpartition(b"?")[2].lower()
    secret = called.endswith(b"token") or called in _CODES or b"%" in called
    return name + b"=..." if equals and secret else parameter
