"""Push as the API's description tells it: two routes that the gateway itself ends (`gateway/filters/endpoint/push.py`), so that
there is no handler of them here."""

from __future__ import annotations

from typing import Any

from matinee.api.problems import MEDIA_TYPE
from matinee.runtime.errors import MatineeError, RateLimited, Unauthenticated, Unavailable

Json = dict[str, Any]

_HELLO = 'event: hello\ndata: {"ping_s":30}\nid: 1763750000123\nretry: 2300\n\n'
_MESSAGE = 'event: new-rows\ndata: {"spread_s":20}\nid: 1763750000124\n\n'
_LAST: Json = {
    "schema": {"type": "string", "pattern": "^[0-9]{1,16}$"},
    "required": False,
    "description": "The last message that the device has; what came within two minutes after it is sent first.",
    "example": "1763750000123",
}
_TYPES: dict[int, dict[str, str]] = {
    each.status: {each.type: each.title} for each in (Unauthenticated, RateLimited, MatineeError)
} | {
    400: {"upgrade-refused": "This server does not take WebSocket upgrades"},
    403: {"foreign-origin": "A page of another site may not do this in a member's name"},
    405: {"method-not-allowed": "This method is not allowed here"},
    408: {"request-timeout": "The request did not arrive in time"},
    414: {"target-too-long": "The request's URL is too long"},
    426: {"upgrade-required": "Only WebSocket is spoken here; open it"},
    431: {"headers-too-large": "The request's headers are too large"},
    503: {
        "overloaded": "Too many requests are under way; try again in a moment",
        Unavailable.type: Unavailable.title,
    },
}


def paths() -> Json:
    """The path items, complete."""
    return {
        "/api/push": {
            "get": _operation(
                "push.socket",
                "Messages to this device, as text frames `{kind, id, data}` over WebSocket. It listens to nothing but pings.",
                "101",
                {"description": "WebSocket is spoken from now on; the first message is `hello`."},
                [{"name": "last_event_id", "in": "query", **_LAST}],
                frozenset(),
            )
        },
        "/api/push/events": {
            "get": _operation(
                "push.events",
                "Messages to this device, as Server-Sent Events: `payment-failed`, `stream-taken-over`, `new-rows`, "
                "`encode-done`, and `goaway` before the gateway ends it.",
                "200",
                {
                    "description": "An answer without an end.",
                    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _HELLO + _MESSAGE}},
                },
                [{"name": "Last-Event-ID", "in": "header", **_LAST}, {"name": "last_event_id", "in": "query", **_LAST}],
                frozenset({426}),
            )
        },
    }


def _operation(
    operation_id: str, summary: str, status: str, success: Json, parameters: list[Json], without: frozenset[int]
) -> Json:
    problems = {str(code): _problem(code, types) for code, types in sorted(_TYPES.items()) if code not in without}
    return {
        "summary": summary,
        "operationId": operation_id,
        "tags": ["push"],
        "security": [{"cookie": []}, {"bearer": []}],
        "parameters": parameters,
        "responses": {status: success, **problems},
    }


def _problem(status: int, types: dict[str, str]) -> Json:
    shown = {
        name: {"value": {"type": name, "title": title, "status": status, "detail": title}}
        for name, title in types.items()
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}}
    return {"description": "; ".join(types.values()), "content": content}
