"""What `matinee up` says on the terminal."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import segno
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.text import Text

from matinee.app.first import Person
from matinee.app.home import Home
from matinee.app.machine import Address
from matinee.runtime.errors import MatineeError

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104


class Screen:
    """One log for all processes, a colour each, and the one screen that says how to go on."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False)
        self._colours: dict[str, str] = {}

    def line(self, process: str, text: str) -> None:
        """A line of a process's log. Its name stands before it, so it is cut from the line itself, and `info` is not said."""
        text = text.replace(f" info {process}: ", "  ", 1).replace(f" {process}: ", "  ", 1)
        self._said(process, escape(text))

    def film(self, title: str, sentence: str) -> None:
        self._said("film", f"[bold]{escape(title)}[/]: {escape(sentence)}")

    def _said(self, who: str, text: str) -> None:
        colour = self._colours.setdefault(who, COLOURS[len(self._colours) % len(COLOURS)])
        self._console.print(f"[{colour}]{who:>7}[/] [dim]│[/] {text}", soft_wrap=True)

    def starting(self, home: Home) -> None:
        self._console.print(f"Starting Matinee on {escape(str(home.path))} …", soft_wrap=True)

    def welcome(self, home: Home, address: Address, people: Sequence[Person]) -> None:
        """Address, logins, where the data is, how to add a film, how to let a phone in, how to stop."""
        rows = [("Open", f"[bold]{address.url}[/]")]
        for person in people:
            can = ", ".join(person.roles) or "watches"
            rows.append(("Log in", f"[bold]{escape(person.email)}[/]  {escape(person.password)}  [dim]({can})[/]"))
        rows.append(("Sign up", "as a member would: the page shows the test cards"))
        rows.append(
            ("Add a film", f'[bold]{_command()} add FILE --title "…"[/]{_home_option(home)}, or Studio in the menu')
        )
        rows.append(("Phone", _phone(address)))
        rows.append(("Data", f"{escape(str(home.path))}  [dim](what the processes say at length: logs/)[/]"))
        rows.append(("Stop", "Ctrl-C"))
        self._console.print(Rule("Matinee is running", style="green"))
        for name, text in rows:
            self._console.print(f"  {name:<12}{text}", soft_wrap=True)
        self._console.print(Rule(style="green"))

    def trust(self, address: Address, fingerprint: str) -> None:
        """How a device of the home network comes to trust this house: a page, as a code for its camera too."""
        own = _own_address()
        if own is None:
            self._console.print("  This machine is in no network yet; start again when it is.")
            return
        page = f"http://{own}:{address.trust_port}/"
        self._console.print("  Each phone or TV needs this certificate once: let its camera read this code, or open")
        self._console.print(f"  [bold]{page}[/] and compare the fingerprint there with this one:", soft_wrap=True)
        self._console.print(f"  [bold]{fingerprint}[/]", soft_wrap=True)
        self._console.print(Text(_code(page), style="white on black"), soft_wrap=True)
        self._console.print(Rule(style="green"))

    def failed(self, wrong: BaseException) -> None:
        sentence = wrong.detail if isinstance(wrong, MatineeError) else f"{type(wrong).__name__}: {wrong}"
        self._console.print(f"[red]Matinee could not start:[/] {escape(sentence)}", soft_wrap=True)

    def stopping(self) -> None:
        self._console.print("Stopping …")

    def stopped(self) -> None:
        self._console.print("Stopped. Nothing is lost; start again any time.")


def _command() -> str:
    """How this person calls it: by its name, or as it was called now where a shell would not find that."""
    called = Path(sys.argv[0])
    return escape(str(called)) if called.name == "matinee" and not shutil.which("matinee") else "matinee"


def _home_option(home: Home) -> str:
    return "" if home.path.name == "matinee-data" else f" --home {escape(str(home.path))}"


def _phone(address: Address) -> str:
    if address.host not in ANYWHERE:
        return "start with --lan and follow what it says; or --host 0.0.0.0 (make run HOST=0.0.0.0) without https"
    own = _own_address()
    scheme = "https" if address.certificate else "http"
    return f"{scheme}://{own}:{address.port} in the same network" if own else "this machine's address in your network"


def _code(url: str) -> str:
    """A QR code of half-height blocks, light on dark, with its quiet zone."""
    rows = [list(row) for row in segno.make(url, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = (
        "".join(_HALVES[not upper, not lower] for upper, lower in pairs) for pairs in map(zip, rows[::2], rows[1::2])
    )
    return "\n".join("  " + line for line in lines)


def _own_address() -> str | None:
    """This machine's address towards other networks; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]
