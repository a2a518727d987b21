"""Where the front door speaks https outside, the house's own processes find it at a socket: whichever gateways run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from house import eventually, free_port, short_folder

from matinee.app.home import Home
from matinee.app.secure import FRONT


class Gateways:
    """Of one home, each with a port of its own, and nothing behind them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        words = ["serve", "gateway", "--name", name, "--port", str(free_port()), "--drain", "0.2"]
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "matinee", *words, "--home", str(self.home.path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "MATINEE_GATEWAY_CERTIFICATE": "local", "MATINEE_GATEWAY_TRUST_PORT": "0"},
        )
        eventually(lambda: self.answers(f"{FRONT}-{name}"), 30)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        with self._running.pop(name) as process:
            process.send_signal(number)

    def close(self) -> None:
        for name in list(self._running):
            self.end(name)

    def answers(self, name: str = FRONT) -> bool:
        """Whether there is an answer to a request at this socket."""
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(5)
            try:
                to.connect(str(self.home.socket(name)))
                to.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return to.recv(12) == b"HTTP/1.1 200"
            except OSError:
                return False

    def led_to(self) -> str:
        return self.home.socket(FRONT).resolve().stem


@pytest.fixture
def gateways() -> Iterator[Gateways]:
    folder = short_folder()
    made = Gateways(Home(folder / "h"))
    yield made
    made.close()
    shutil.rmtree(folder)


def test_two_gateways_have_a_socket_each_and_the_one_name_leads_to_one_that_lives(gateways: Gateways) -> None:
    gateways.start("one")
    gateways.start("two")
    assert gateways.answers("front-one")
    assert gateways.led_to() == "front-two"
    assert gateways.answers()
    gateways.end("two")
    eventually(lambda: gateways.led_to() == "front-one" and gateways.answers(), 10)
    gateways.start("two")
    assert gateways.led_to() == "front-two"
    gateways.end("two", signal.SIGKILL)
    eventually(gateways.answers, 10)
    assert gateways.led_to() == "front-one"
