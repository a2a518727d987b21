"""What `matinee up` says on the terminal."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from matinee.app.first import Person
from matinee.app.home import Home
from matinee.app.machine import Address
from matinee.runtime.errors import MatineeError

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104


class Screen:
    """One log for all processes, a colour each, and the one screen that says how to go on."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False)
        self._colours: dict[str, str] = {}

    def line(self, process: str, text: str) -> None:
        colour = self._colours.setdefault(process, COLOURS[len(self._colours) % len(COLOURS)])
        self._console.print(f"[{colour}]{process:>7}[/] [dim]│[/] {escape(text)}", soft_wrap=True)

    def starting(self, home: Home) -> None:
        self._console.print(f"Starting Matinee on {escape(str(home.path))} …")

    def welcome(self, home: Home, address: Address, people: Sequence[Person]) -> None:
        """Address, logins, where the data is, how to add a film, how to let a phone in, how to stop."""
        rows = Table.grid(padding=(0, 2))
        rows.add_row("Open", f"[bold]{address.url}[/]")
        for person in people:
            can = ", ".join(person.roles) or "watches"
            rows.add_row("Log in", f"[bold]{escape(person.email)}[/]  {escape(person.password)}  [dim]({can})[/]")
        rows.add_row("Or", "sign up as a member: the page shows the test cards")
        rows.add_row("Add a film", f"[bold]matinee add FILE --title \"…\"[/]{_home_option(home)}, or Studio in the menu")
        for text in _phone(address):
            rows.add_row("Phone", text)
        rows.add_row("Data", escape(str(home.path)))
        rows.add_row("Stop", "Ctrl-C")
        self._console.print(Panel(rows, title="Matinee is running", border_style="green", expand=False))

    def failed(self, wrong: BaseException) -> None:
        sentence = wrong.detail if isinstance(wrong, MatineeError) else f"{type(wrong).__name__}: {wrong}"
        self._console.print(f"[red]Matinee could not start:[/] {escape(sentence)}", soft_wrap=True)

    def stopping(self) -> None:
        self._console.print("Stopping …")

    def stopped(self) -> None:
        self._console.print("Stopped. Nothing is lost; start again any time.")


def _home_option(home: Home) -> str:
    return "" if home.path.name == "matinee-data" else f" --home {escape(str(home.path))}"


def _phone(address: Address) -> list[str]:
    if address.host in ANYWHERE:
        own = _own_address()
        return [f"http://{own}:{address.port} in the same network"] if own else ["this machine's address in your network"]
    return ["start with --host 0.0.0.0 (make run HOST=0.0.0.0) and open this machine's address"]


def _own_address() -> str | None:
    """This machine's address towards other networks; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]
