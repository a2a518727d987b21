"""`matinee instances` and `matinee properties` on a house that runs the registry alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import eventually, matinee, short_folder

from matinee.app.process import Process
from matinee.cli.options import ask
from matinee.services.registry.contract import Instance, Registry


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = short_folder()
    command = [sys.executable, "-m", "matinee", "serve", "registry", "--home", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
        eventually(lambda: matinee("properties", "--home", folder).returncode == 0)
        yield folder
        served.send_signal(signal.SIGTERM)
    shutil.rmtree(folder)


def shown(home: Path, *arguments: str) -> str:
    ended = matinee(*arguments, "--home", home)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def refused(home: Path, *arguments: str) -> str:
    ended = matinee(*arguments, "--home", home)
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


def test_an_instance_is_drained_and_taken_back(home: Path) -> None:
    async def work(process: Process) -> None:
        for number in (1, 2):
            offered = Instance(f"api-{number}.api@films", "api", f"unix:/run/{number}.sock", "a", "0.1.0")
            await process.client(Registry).register(offered)
        await process.close()

    ask(home, work)
    assert "by hand" not in shown(home, "instances")
    assert shown(home, "instances", "drain", "api-1") == "api-1.api@films: draining (by hand)\n"
    first, second = [line for line in shown(home, "instances").splitlines() if line.startswith("api-")]
    assert ("draining (by hand)" in first, " up " in second) == (True, True)
    assert shown(home, "instances", "up", "api-1.api@films") == "api-1.api@films: up\n"
    assert "several" in refused(home, "instances", "drain", "api")
    assert "none of the instances" in refused(home, "instances", "drain", "gateway")


def test_a_property_is_set_and_taken_back(home: Path) -> None:
    assert shown(home, "properties") == "Nothing is set: the defaults count.\n"
    assert shown(home, "properties", "set", "gateway.limits", '{"in_flight": 10}', "--comment", "calm") == (
        "Version 1 of gateway.limits counts.\n"
    )
    shown(home, "properties", "set", "gateway.limits", '{"in_flight": 20}')
    assert "is at version 2 by now" in refused(home, "properties", "set", "gateway.limits", "{}", "--if-version", "1")
    assert shown(home, "properties", "get", "gateway.limits") == '{\n  "in_flight": 20\n}\n'
    assert '"in_flight":20' in shown(home, "properties")
    assert shown(home, "properties", "rollback", "gateway.limits", "1") == "Version 3 of gateway.limits counts.\n"
    listed = shown(home, "properties", "versions", "gateway.limits").splitlines()[1:]
    assert [line.split()[0] for line in listed] == ["3", "2", "1"]
    assert [line.split("}")[1].strip() for line in listed] == ["back to version 1", "", "calm"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "gateway.limits", "{"), "the value is no JSON"),
        (("set", "gateway.routes", "[]"), "A route table is an object"),
        (("set", "gateway.limits", '{"connections": 1}'), "gateway.limits cannot be that: Expected `int` >= 100"),
        (("set", "gateway.limit", "{}"), "No gateway follows gateway.limit: there are gateway.routes, gateway.limits"),
        (("set", "Gateway", "1"), "A property is called like gateway.limits"),
        (("get", "gateway.none"), "No property gateway.none was ever set"),
        (("rollback", "gateway.none", "1"), "No property gateway.none was ever set"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(home: Path, arguments: tuple[str, ...], says: str) -> None:
    said = refused(home, "properties", *arguments)
    assert says in said
    assert said.startswith("matinee: ")
    assert said.count("\n") == 1
