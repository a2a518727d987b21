"""What a hostile client is made of: every route of the OpenAPI file, credentials that are none, and what no answer may hold."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from installation import Installation

PROBLEM = "application/problem+json"
Json = dict[str, Any]

NOBODYS_HEADERS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "1000",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
    "Idempotency-Key": "crawler-1",
    "X-HTTP-Method-Override": "DELETE",
}


class Route:
    """One operation of the OpenAPI file."""

    def __init__(self, method: str, path: str, described: Json, schemas: Json) -> None:
        self.name = f"{method.upper()} {path}"
        self.method, self.path, self.described = method.upper(), path, described
        self.parameters: list[Json] = described.get("parameters", [])
        media: Json = described.get("requestBody", {}).get("content", {}).get("application/json", {})
        self.example: Any = media.get("example")
        """What it asks for, where that is JSON."""
        schema: Json = media.get("schema", {})
        self.required: list[str] = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema).get("required", [])
        self.schemes = {name for each in described["security"] for name in each}

    @property
    def goes_on(self) -> bool:
        """Whether its answer has no end."""
        success = self.described["responses"].get("200", {})
        return "text/event-stream" in success.get("content", {})

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
        query = {
            each["name"]: ids[each["name"]] for each in self.parameters if each["in"] == "query" and each["name"] in ids
        }
        options: Json = {} if self.example is None else {"json": self.example}
        return httpx.Request(self.method, f"http://h{path}", headers={**known, **headers}, params=query, **options)


class Crawler:
    """Sends requests, and holds every answer against what must never be in one."""

    def __init__(self, house: Installation) -> None:
        self._house = house
        self.http = house.http()
        document = self.http.get("/api/openapi.json").json()
        schemas = document["components"]["schemas"]
        paths: Json = document["paths"]
        self.routes = [Route(m, path, each, schemas) for path, item in paths.items() for m, each in item.items()]

    def send(self, route: Route, ids: dict[str, str], headers: dict[str, Any]) -> httpx.Response:
        made = route.request(ids, {})
        if route.goes_on:
            return self._begun(made, headers)
        raw = [
            (name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()
        ]
        kept = [(name, value) for name, value in made.headers.raw if name.lower() != b"host"]
        answer = self.http.request(made.method, made.url.raw_path.decode(), headers=[*kept, *raw], content=made.content)
        return harmless(answer)

    def _begun(self, made: httpx.Request, headers: dict[str, Any]) -> httpx.Response:
        """The first of an answer that has no end, or the refusal."""
        with self.http.stream(made.method, made.url.raw_path.decode(), headers=headers) as answer:
            content = answer.read() if answer.status_code >= 400 else next(answer.iter_bytes())
        return harmless(
            httpx.Response(answer.status_code, headers=answer.headers, content=content, request=answer.request)
        )

    def close(self) -> None:
        self.http.close()


def harmless(answer: httpx.Response) -> httpx.Response:
    """No failure of ours, and nothing of the inside in it."""
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    for inside in ("Traceback", "site-packages", '.py"', "sqlite", "/tmp/mt", "matinee.services", "Exception"):
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


def said(base: str, message: bytes) -> tuple[int, bytes]:
    """The status and the body that the server at this URL answers to these very bytes; it ends the connection."""
    address = urlsplit(base)
    with socket.create_connection(("127.0.0.1", address.port or 80), timeout=20) as wire:
        wire.sendall(message)
        answer = b"".join(iter(lambda: wire.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def jwt(claims: Json, **header: str) -> str:
    """A token that no key signed."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT", **header}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def later(seconds: int = 3600) -> int:
    return int(time.time()) + seconds
