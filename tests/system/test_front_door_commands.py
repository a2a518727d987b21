"""`matinee routes` and `matinee filters` on a house that runs the front door, the registry and its figures alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from house import eventually, free_port, matinee, short_folder

MOVED = """
[[routes]]
name = "moved"
match = { prefix = "/old" }
redirect = { to = "/new/{path}" }
"""
FILTER = """
from matinee.gateway.extension import outbound

@outbound
def name_the_cinema(request, response):
    response.add(b"x-cinema", b"Apollo")
"""


class FrontDoor:
    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}")

    def said(self, *words: str) -> str:
        ran = matinee(*words, "--home", self.home)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def refused(self, *words: str) -> str:
        ran = matinee(*words, "--home", self.home)
        assert ran.returncode == 1, ran.stdout
        assert ran.stderr.startswith("matinee: ")
        assert len(ran.stderr.splitlines()) == 1
        return ran.stderr


@pytest.fixture(scope="module")
def door() -> Iterator[FrontDoor]:
    home, port = short_folder(), free_port()
    words = ["serve", "registry", "traffic", "gateway", "--port", str(port), "--home", str(home)]
    with subprocess.Popen(
        [sys.executable, "-m", "matinee", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as served:
        made = FrontDoor(home, port)
        eventually(lambda: made.get("/").status_code > 0)
        yield made
        served.send_signal(signal.SIGTERM)
    shutil.rmtree(home)


def test_a_table_is_checked_tried_applied_explained_and_taken_back(door: FrontDoor) -> None:
    file = door.home / "new.toml"
    file.write_text(door.said("routes", "show") + MOVED)
    assert "nothing is wrong" in matinee("routes", "check", file).stdout
    tried = door.said("routes", "apply", str(file), "--dry-run")
    assert "+ moved" in tried
    assert "GET /old/x" in tried
    assert door.get("/old/x").status_code != 308
    assert "Version 1 is in force" in door.said("routes", "apply", str(file), "--comment", "old links")
    moved = eventually(lambda: (found := door.get("/old/x?y=1")).status_code == 308 and found, 5)
    assert moved.headers["location"] == "/new/x?y=1"
    assert "moved" in door.said("routes")
    assert "takes the route moved: redirect 308 to /new/{path}" in door.said("routes", "explain", "GET", "/old/x")
    assert "old links" in door.said("routes", "versions")
    assert "- moved" in door.said("routes", "rollback", "0")
    eventually(lambda: door.get("/old/x").status_code != 308, 5)


def test_a_route_is_explained_by_headers_and_member(door: FrontDoor) -> None:
    ahead = door.said("routes", "explain", "post", "http://localhost/api/play/ttl_1?x", "-H", "Purpose: prefetch")
    assert "POST /api/play/ttl_1 takes the route play-ahead: api; priority prefetch." in ahead
    assert "not fetched ahead of need" in door.said("routes", "explain", "GET", "/api/play/ttl_1")
    assert "takes no route" in door.said("routes", "explain", "GET", "/")
    assert "a header is `Name: value`" in door.refused("routes", "explain", "GET", "/", "-H", "nonsense")


def test_a_bad_table_is_refused_in_one_sentence(door: FrontDoor) -> None:
    file = door.home / "bad.toml"
    file.write_text(MOVED.replace("/new/{path}", "//evil.example"))
    assert "bad.toml: route moved: redirect.to: " in door.refused("routes", "apply", str(file))
    file.write_text("[[routes]\n")
    assert "bad.toml: " in door.refused("routes", "apply", str(file))
    assert "cannot be read" in door.refused("routes", "apply", str(door.home / "none.toml"))
    assert "no version 99" in door.refused("routes", "rollback", "99")


def test_the_file_of_the_house_counts_and_a_bad_one_changes_nothing(door: FrontDoor) -> None:
    file = door.home / "routes.toml"
    file.write_text(door.said("routes", "show", "--version", "0") + MOVED.replace("/old", "/filed"))
    eventually(lambda: door.get("/filed").status_code == 308, 10)
    file.write_text(MOVED + MOVED)
    logs = door.home / "logs" / "registry-traffic-gateway.log"
    eventually(lambda: "route moved: name: two routes have this name" in logs.read_text("utf-8"), 10)
    assert door.get("/filed").status_code == 308
    file.unlink()
    eventually(lambda: door.get("/filed").status_code != 308, 10)


def test_a_filter_is_added_switched_and_taken_away(door: FrontDoor) -> None:
    folder = door.home / "filters"
    folder.mkdir(exist_ok=True)
    file = folder / "cinema.py"
    file.write_text(FILTER)
    file.chmod(0o644)
    eventually(lambda: door.get("/").headers["x-cinema"] == "Apollo", 10)
    eventually(lambda: "name_the_cinema" in door.said("filters"), 10)
    door.said("filters", "off", "name_the_cinema", "--comment", "it is late")
    eventually(lambda: "x-cinema" not in door.get("/").headers, 5)
    door.said("filters", "share", "name_the_cinema", "100")
    eventually(lambda: "x-cinema" in door.get("/").headers, 5)
    assert "always on" in door.refused("filters", "off", "KnownHost")
    assert "there is no filter" in door.refused("filters", "off", "nothing")
    assert "time_s" in door.refused("filters", "limit", "name_the_cinema", "--time-s", "0")
    file.unlink()
    eventually(lambda: "x-cinema" not in door.get("/").headers, 10)


def test_a_house_that_does_not_run_says_so(tmp_path: Path) -> None:
    ran = matinee("routes", "--home", tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "is not running" in ran.stderr
