"""What `matinee serve` reads, and that it carries nothing that only other commands need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matinee.cli.serve import parser


def test_targets_may_stand_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATINEE_HOME", raising=False)
    read = parser().parse_intermixed_args(["registry", "--name", "one", "gateway", "--port", "80", "--drain", "0.5"])
    assert (read.targets, read.name, read.port, read.drain) == (["registry", "gateway"], "one", 80, 0.5)
    assert (read.home, read.access_log) == (Path("matinee-data"), False)


def test_the_environment_counts_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_HOME", "/films")
    monkeypatch.setenv("MATINEE_ACCESS_LOG", "1")
    assert parser().parse_args(["all"]).home == Path("/films")
    assert parser().parse_args(["all"]).access_log
    assert not parser().parse_args(["all", "--no-access-log"]).access_log


@pytest.mark.parametrize("word", ["--port=70000", "--port=1.5", "--port=x", "--drain=-1", "--drain=nan", "--por=80"])
def test_what_is_no_number_of_that_kind_is_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["gateway", word])
    assert "matinee serve: error: " in capsys.readouterr().err


def test_a_process_does_not_carry_what_other_commands_need() -> None:
    code = "import matinee.cli.serve, sys; print(*{'typer', 'pydantic', 'rich', 'pygments'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == ""
