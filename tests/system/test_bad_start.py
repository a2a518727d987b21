"""What is wrong at the start is one clear sentence, and nothing is left running."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, eventually, free_port, matinee

COMMANDS = ["up", "add", "admin", "demo", "reset", "serve"]


@pytest.fixture
def home() -> Iterator[Path]:
    house = House()
    house.home.parent.mkdir(exist_ok=True)
    yield house.home
    assert not house.pids(), "nothing is left running"
    shutil.rmtree(house.home.parent)


def refused(*arguments: object, **environment: str) -> str:
    """The one sentence of a command that fails."""
    ran = matinee(*arguments, **environment)
    assert ran.returncode == 1, (ran.returncode, ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr + ran.stdout
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if line]
    assert len(said) == 1, said
    assert said[0].startswith("matinee: ")
    return said[0]


def test_a_taken_port(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("up", "--home", home, "--port", port)
    assert str(port) in said
    assert "--port" in said


def test_a_taken_port_of_a_process_on_its_own(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused("serve", "gateway", "--home", home, MATINEE_GATEWAY_PORT=port)
        assert port in refused("serve", "cdn", "--home", home, "--port", port)


def test_one_address_alone_and_a_taken_port_of_an_appliance() -> None:
    """An appliance takes the next port, and finds the gateway at the address that it listens on."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        house = House(None, "--host", "127.0.0.2", MATINEE_APPLIANCES_FIRST_PORT=str(port))
        house.url = f"http://127.0.0.2:{house.port}"
        try:
            house.start()
            eventually(house.is_whole, 10)
            assert f"{house.url}\n" in house.log()
            known = house.owner().get("/api/operations/appliances").json()["appliances"]
            assert not [each for each in known if each["report"]["url"].endswith(f":{port}")]
        finally:
            house.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.9"])
def test_an_address_that_is_not_ours(home: Path, host: str) -> None:
    assert host in refused("up", "--home", home, "--host", host, "--port", free_port())


def test_a_file_where_the_folder_should_be(home: Path) -> None:
    home.write_text("mine")
    assert str(home) in refused("up", "--home", home)
    assert str(home) in refused("up", "--home", home / "below")
    assert home.read_text() == "mine"


def test_a_folder_that_cannot_be_made_or_written(home: Path) -> None:
    assert "/proc/matinee" in refused("up", "--home", "/proc/matinee")
    assert "/sys" in refused("serve", "all", "--home", "/sys/kernel")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_of_someone_else(home: Path) -> None:
    home.mkdir(mode=0o500)
    assert str(home) in refused("up", "--home", home)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("[gateway\nport = 1", "line 1"),
        ("[gateway]\nport = 'many'", "gateway.port"),
        ("[gateway]\nport = 70000", "gateway.port"),
        ("gateway = 8080", "gateway"),
        ("[gateway]\nprot = 8080", "prot"),
        ("[getaway]\nport = 8080", "getaway"),
        ("[appliances]\nnames = ['../x']", "appliances.names"),
        ("territory = 7", "territory"),
    ],
)
def test_settings_that_are_wrong(home: Path, written: str, named: str) -> None:
    home.mkdir()
    (home / "matinee.toml").write_text(written)
    said = refused("up", "--home", home)
    assert str(home / "matinee.toml") in said
    assert named in said


def test_settings_that_cannot_be_read(home: Path) -> None:
    home.mkdir()
    (home / "matinee.toml").write_bytes(b"url = '\xff\xfe'")
    assert "matinee.toml" in refused("up", "--home", home)
    (home / "matinee.toml").unlink()
    (home / "matinee.toml").mkdir()
    assert "matinee.toml" in refused("up", "--home", home)


def test_a_setting_of_the_environment_that_is_wrong(home: Path) -> None:
    assert "gateway.port" in refused("up", "--home", home, MATINEE_GATEWAY_PORT="lots")


def test_a_target_that_is_none(home: Path) -> None:
    assert "there is no target 'acounts'" in refused("serve", "acounts", "--home", home)
    assert not home.exists()


def test_commands_that_need_a_running_house(home: Path) -> None:
    for command in (["admin", "password", "a@example.org"], ["admin", "grant", "a@example.org"], ["demo"]):
        assert "not running" in refused(*command, "--home", home)
    assert not home.exists()


def test_reset_asks_first_and_keeps_what_is_not_ours(home: Path) -> None:
    assert matinee("reset", "--home", home).stdout == f"There is nothing at {home}.\n"
    home.mkdir()
    (home / "diary.txt").write_text("mine")
    assert "not a data folder" in refused("reset", "--yes", "--home", home)
    (home / "diary.txt").unlink()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused("up", "--home", home, "--port", taken.getsockname()[1])
    asked = [sys.executable, "-m", "matinee", "reset", "--home", str(home)]
    ran = subprocess.run(asked, input="n\n", capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 1
    assert "Delete" in ran.stdout
    assert "Traceback" not in ran.stderr
    assert home.exists()
    ran = subprocess.run(asked, input="y\n", capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, home.exists()) == (0, False)


def test_a_process_that_was_started_by_hand_is_not_started_twice(home: Path) -> None:
    command = [sys.executable, "-m", "matinee", "serve", "fill", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as first:
        eventually((home / "run" / "fill.sock").exists, 20)
        assert f"fill already runs on {home}" in refused("serve", "fill", "--home", home)
        assert str(home) in refused("reset", "--yes", "--home", home)
        began = time.monotonic()
        first.terminate()
        first.wait(5)
        assert time.monotonic() - began < 5


def test_help_says_what_there_is() -> None:
    ran = matinee("--help")
    assert ran.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in ran.stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("up", ["--home", "--host", "--port", "--demo", "--test-clock"]),
        ("add", ["--title", "--synopsis", "--year", "--genre", "--maturity", "--wait", "--home", "files"]),
        ("admin", ["password", "grant", "create"]),
        ("admin password", ["email", "--home"]),
        ("admin grant", ["email", "roles", "--home", "editor"]),
        ("admin create", ["email", "--role", "--name", "--home"]),
        ("demo", ["--home"]),
        ("reset", ["--yes", "--home"]),
        ("serve", ["targets", "--name", "--port", "--home"]),
    ],
)
def test_the_help_of_each_command(command: str, said: list[str]) -> None:
    ran = matinee(*command.split(), "--help", COLUMNS="120")
    assert ran.returncode == 0
    assert not [word for word in said if word not in ran.stdout.lower()], ran.stdout
