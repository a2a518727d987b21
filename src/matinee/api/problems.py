"""Every error as RFC 9457 `application/problem+json`, the framework's own too."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from matinee.runtime.errors import Invalid, MatineeError, NotFound, RateLimited, TooLarge, Unauthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("matinee.api")
_ABSENT = re.compile(r"Missing required (\w+) parameter '([^']+)'")
"""The framework's own sentence for a parameter that was not sent."""


def answer(request: Request[Any, Any, Any], error: BaseException) -> Response[bytes]:
    """The problem that an error ended in, as a response. What has no meaning for the client is logged and is a 500."""
    meaning = meant(error)
    if isinstance(meaning, HTTPException):
        return _framework(request, meaning)
    if meaning is None:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        meaning = MatineeError()
    return _response(meaning.status, meaning.problem(), _headers(meaning))


def meant(error: BaseException) -> MatineeError | HTTPException | None:
    """The error a client can act on: itself, or the first such in the group that parallel calls ended in."""
    if isinstance(error, (MatineeError, HTTPException)):
        return error
    if isinstance(error, BaseExceptionGroup):
        inside = cast("BaseExceptionGroup[BaseException]", error).exceptions
        found = [meaning for inner in inside if (meaning := meant(inner)) is not None]
        return found[0] if found else None
    return None


def _headers(error: MatineeError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="matinee"'}
    if isinstance(error, (RateLimited, Unavailable)):
        return {"Retry-After": str(error.extra.get("retry_after_s", 1))}
    return {}


def _framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses before a handler runs: no such route, method, a parameter that does not fit, a body too large."""
    if isinstance(error, ValidationException):
        return _response(400, _invalid(error).problem(), {})
    if error.status_code == 404:
        return _response(404, NotFound(f"There is nothing at {request.url.path}").problem(), {})
    if error.status_code == 413:
        return _response(413, TooLarge("The body is larger than this route takes").problem(), {})
    if error.status_code == 400:
        return _response(400, Invalid(error.detail).problem(), {})
    status = HTTPStatus(error.status_code)
    if status >= 500:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _response(500, MatineeError().problem(), {})
    slug = re.sub(r"[^a-z]+", "-", status.phrase.lower())
    body = {"type": slug, "title": status.phrase, "status": status.value, "detail": error.detail or status.description}
    return _response(status.value, body, dict(error.headers or {}))


def _invalid(error: ValidationException) -> Invalid:
    """A parameter that does not fit, by its name."""
    found = error.extra if isinstance(error.extra, list) else []
    fields: list[dict[str, str]] = [
        {"field": str(each.get("key", "body")), "detail": str(each.get("message", ""))} for each in found
    ]
    if not fields:
        absent = _ABSENT.match(error.detail)
        return (
            Invalid(f"{absent[2]}: this {absent[1]} is missing", field=absent[2]) if absent else Invalid(error.detail)
        )
    first = fields[0]
    if first["field"] == "data":
        return Invalid("A JSON body is needed", field="body")
    return Invalid(f"{first['field']}: {first['detail']}", field=first["field"], errors=fields)


def _response(status: int, body: dict[str, Any], headers: dict[str, str]) -> Response[bytes]:
    headers = {**headers, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)
