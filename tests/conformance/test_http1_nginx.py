"""The corpus through nginx: what it passes on, refuses and breaks off is what our front door does, but for the differences that
the corpus lists. One that is not listed is a defect here, or a reason to write down; one that is gone is no more to be told."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import uvloop
from http1_corpus import ANSWERS, NGINX_ANSWERS, NGINX_REQUESTS, PROBE, REQUESTS, AnswerCase, Reaching
from http1_reader import Unfinished, Wrong, answers
from http1_wire import Behind, asked, outcome, reached, say, together

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

CONFIGURATION = """
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    large_client_header_buffers 4 16k; underscores_in_headers on; merge_slashes off; client_max_body_size 0;
    client_header_timeout 1s; client_body_timeout 1s; lingering_timeout 1s;
    upstream behind {{ server 127.0.0.1:{behind} max_fails=0; keepalive 8; }}
    server {{ listen 127.0.0.1:{port} default_server; return 421; }}
    server {{
        listen 127.0.0.1:{port}; server_name localhost 127.0.0.1 films.example [::1];
        location / {{ return 404; }}
        location /api {{
            proxy_pass http://behind; proxy_http_version 1.1; proxy_next_upstream off; proxy_read_timeout 2s;
            proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
            proxy_set_header Connection ""; proxy_set_header Host $http_host;
            proxy_set_header X-Request-Id $request_id; add_header X-Request-Id $request_id always;
        }}
    }}
}}
"""


class Between(NamedTuple):
    """nginx between both ends."""

    runner: asyncio.Runner
    port: int
    behind: Behind


@pytest.fixture(scope="module")
def nginx() -> Iterator[Between]:
    folder = Path(tempfile.mkdtemp(prefix="mt-nginx"))
    folder.chmod(0o755)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        behind = Behind(ANSWERS)
        runner.run(behind.start())
        port = runner.run(free_port())
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, behind=behind.port))
        process = subprocess.Popen([str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)])
        try:
            runner.run(answering(port, process))
            behind.forget()
            yield Between(runner, port, behind)
        finally:
            process.terminate()
            process.wait()
            runner.run(behind.stop())
    shutil.rmtree(folder)


async def free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def answering(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            await say(port, [PROBE])
        except OSError:
            assert process.poll() is None, "nginx did not start"
            assert time.monotonic() < until
            await asyncio.sleep(0.05)
        else:
            return


Verdict = tuple[list[tuple[bytes, bytes, bytes]], str]


def verdict(came: list[Reaching] | tuple[Reaching, ...], statuses: list[int] | tuple[int, ...]) -> Verdict:
    """What was passed on, and what became of the rest."""
    passed = [(each.method, each.target, each.body) for each in came if each.target != b"/api/probe"]
    refused = any(status >= 400 for status in statuses)
    return passed, "closed" if not statuses else "refused" if refused else ""


@pytest.fixture(scope="module")
def verdicts(nginx: Between) -> Mapping[str, Verdict]:
    """All at once: some are waited for."""
    found: dict[str, Verdict] = {}

    async def judge(name: str) -> None:
        try:
            seen = await outcome(REQUESTS[name], nginx.port, nginx.behind)
            found[name] = verdict([reached(each) for each in seen.came], [each.status for each in seen.answers])
        except (Unfinished, Wrong):  # what HTTP/0.9 is answered with
            found[name] = [], "no HTTP/1.1"

    nginx.runner.run(together([lambda name=name: judge(name) for name in REQUESTS]))
    return found


@pytest.mark.parametrize("name", REQUESTS)
def test_nginx_takes_and_refuses_the_same_requests(name: str, verdicts: Mapping[str, Verdict]) -> None:
    case, theirs = REQUESTS[name], verdicts[name]
    ours = verdict(case.reaches, case.statuses)
    assert (theirs != ours) is (name in NGINX_REQUESTS), f"ours {ours}, theirs {theirs}: {NGINX_REQUESTS.get(name)}"


@pytest.fixture(scope="module")
def heard(nginx: Between) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}

    async def hear(name: str) -> None:
        found[name] = await say(nginx.port, [asked(ANSWERS[name], name)])

    nginx.runner.run(together([lambda name=name: hear(name) for name in ANSWERS]))
    return found


def agrees(case: AnswerCase, heard: bytes) -> bool:
    try:
        final = next(each for each in answers(heard, [case.asked.split(b" ")[0]]) if each.status >= 200)
    except StopIteration:
        return case.result == "broken"  # closed, before anything of it went out
    except (Unfinished, Wrong):
        return False
    made = final.value(b"content-type") == b"text/html"
    if case.result == "passed":
        return final.whole and (final.status, final.body) == (case.status, case.body)
    return (final.status >= 500 and made) or (case.result == "broken" and not final.whole)


@pytest.mark.parametrize("name", ANSWERS)
def test_nginx_passes_the_same_answers_on(name: str, heard: Mapping[str, bytes]) -> None:
    told = f"{heard[name]!r}: {NGINX_ANSWERS.get(name)}"
    assert agrees(ANSWERS[name], heard[name]) is (name not in NGINX_ANSWERS), told


def test_every_difference_is_of_a_case() -> None:
    assert NGINX_REQUESTS.keys() <= REQUESTS.keys()
    assert NGINX_ANSWERS.keys() <= ANSWERS.keys()
