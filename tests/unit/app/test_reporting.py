from __future__ import annotations

from typing import Any

from matinee.app.reporting import Reporting
from matinee.runtime.utilization import Utilization


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": b"of the app"})


async def asked(path: str, headers: list[tuple[bytes, bytes]], *, ready: bool = True) -> tuple[int, dict[bytes, bytes]]:
    utilization = Utilization()
    utilization.measured(10.0, 4.0)
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    await Reporting(app, utilization, lambda: ready)({"type": "http", "path": path, "headers": headers}, None, send)
    return said[0]["status"], dict(said[0]["headers"])


async def test_each_answer_says_how_busy_the_process_is() -> None:
    status, headers = await asked("/api/x", [])
    assert status == 404
    assert headers[b"x-own"] == b"1"
    assert 0.9 < float(headers[b"x-matinee-utilization"]) <= 1


async def test_who_asks_here_is_told_whether_we_are_ready() -> None:
    assert (await asked("/health/ready", []))[0] == 200
    assert (await asked("/health/ready", [], ready=False))[0] == 503


async def test_who_asks_through_a_gateway_is_not() -> None:
    assert (await asked("/health/ready", [(b"x-matinee-origin", b"token")]))[0] == 404
