from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest

from matinee.gateway.extension.added import Added
from matinee.gateway.extension.files import Files, of_packages

GOOD = """
    from matinee.gateway.extension import Request, inbound

    @inbound
    def first(request: Request) -> None: ...
"""


def write(folder: Path, name: str, code: str) -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(code))
    path.chmod(0o644)
    return path


def names(found: Sequence[Added]) -> list[str]:
    return [each.name for each in found]


def test_no_folder_holds_no_filters(tmp_path: Path) -> None:
    files = Files(tmp_path / "filters")
    assert files.load() == ([], [])
    assert not files.changed()


def test_filters_come_change_and_go(tmp_path: Path) -> None:
    files = Files(tmp_path)
    write(tmp_path, "a.py", GOOD)
    assert files.changed()
    found, wrong = files.load()
    assert (names(found), wrong) == (["first"], [])
    assert found[0].source == "a.py"
    assert not files.changed()
    again = write(tmp_path, "a.py", GOOD.replace("first", "other"))
    os.utime(again, ns=(1, 1))  # a change that the clock of the disk cannot tell from the one before
    assert names(files.load()[0]) == ["other"]
    again.unlink()
    assert files.changed()
    assert files.load() == ([], [])


def test_filters_of_a_file_that_did_not_change_stay_the_same(tmp_path: Path) -> None:
    files = Files(tmp_path)
    write(tmp_path, "a.py", GOOD)
    before = files.load()[0]
    write(tmp_path, "b.py", GOOD.replace("first", "second"))
    after = files.load()[0]
    assert after[0] is before[0]
    assert names(after) == ["first", "second"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def f(:\n", "line 1: SyntaxError"),
        ("x = 1\nraise KeyError('k')\n", "line 2: KeyError: 'k'"),
        ("import sys\nsys.exit(3)\n", "line 2: SystemExit: 3"),
        ("raise KeyboardInterrupt\n", "line 1: KeyboardInterrupt"),
        (
            "class Far:\n    def __getattr__(self, name):\n        raise RuntimeError('away')\nfar = Far()\n",
            "line 3: RuntimeError: away",
        ),
        ("import no_such_module_at_all\n", "line 1: ModuleNotFoundError"),
        ("def f(request): ...\n", "it marks no filter"),
        ("\x00", "null bytes"),
        (GOOD.replace("@inbound", "@inbound(befor='x')"), "TypeError: inbound takes no 'befor'"),
        (GOOD.replace("@inbound", "@inbound(time_s=-1)"), "ValidationError"),
        (GOOD.replace("@inbound", "@inbound(after='a', before='b')"), "ValueError: first stands either after"),
        (GOOD.replace("inbound", "outbound").replace("def", "async def"), "first is outbound, and those never wait"),
    ],
)
def test_a_wrong_file_is_told_once_and_its_last_good_filters_stay(tmp_path: Path, code: str, why: str) -> None:
    files = Files(tmp_path)
    write(tmp_path, "a.py", GOOD)
    files.load()
    write(tmp_path, "a.py", code)
    found, wrong = files.load()
    assert names(found) == ["first"]
    assert len(wrong) == 1
    assert wrong[0].startswith("a.py is not used: ")
    assert why in wrong[0]
    assert not files.changed()


def test_a_file_that_anyone_may_write_to_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, "a.py", GOOD).chmod(0o666)
    found, wrong = Files(tmp_path).load()
    assert found == []
    assert wrong == ["a.py is not used: anyone on this machine may write to it"]


def test_nothing_is_run_from_a_folder_that_anyone_may_write_to(tmp_path: Path) -> None:
    write(tmp_path, "a.py", GOOD)
    tmp_path.chmod(0o777)
    found, wrong = Files(tmp_path).load()
    assert found == []
    assert wrong == [f"a.py is not used: anyone on this machine may write to the folder {tmp_path.name}"]


def test_somebody_else_s_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", GOOD)
    own = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = own(path, follow_symlinks=follow_symlinks)
        return os.stat_result((*found[:4], 4711, *found[5:])) if path.suffix == ".py" else found

    monkeypatch.setattr(Path, "stat", stat)
    found, wrong = Files(tmp_path).load()
    assert found == []
    assert wrong == ["a.py is not used: it belongs to somebody else"]


COUNTING = """
    from matinee.gateway.extension import inbound

    class Count:
        def __call__(self, request): ...

    counting = inbound(name="counting")(GIVEN)
"""


def test_an_object_can_be_a_filter(tmp_path: Path) -> None:
    assert names(_loaded(tmp_path, COUNTING.replace("GIVEN", "Count()"))) == ["counting"]


def test_a_class_is_no_filter(tmp_path: Path) -> None:
    write(tmp_path, "a.py", COUNTING.replace("GIVEN", "Count"))
    found, wrong = Files(tmp_path).load()
    assert found == []
    assert "marks a function or an object that can be called" in wrong[0]


def _loaded(folder: Path, code: str) -> Sequence[Added]:
    write(folder, "a.py", code)
    found, wrong = Files(folder).load()
    assert wrong == []
    return found


def test_an_installed_package_offers_filters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "cinema_filters.py", GOOD)
    info = tmp_path / "cinema_filters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cinema-filters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[matinee.filters]\nmodule = cinema_filters\none = cinema_filters:first\nnone = cinema_filters:missing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found, wrong = of_packages()
    assert [(each.name, each.source) for each in found] == [
        ("first", "cinema-filters: cinema_filters"),
        ("first", "cinema-filters: cinema_filters:first"),
    ]
    assert len(wrong) == 1
    assert "cinema_filters:missing are not used: AttributeError" in wrong[0]
