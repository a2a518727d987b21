from __future__ import annotations

from pathlib import Path

import pytest

from matinee.config import BadSettings, read
from matinee.ingest.limits import Limits


def test_the_environment_outranks_the_file_and_what_neither_says_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "matinee.toml").write_text("[studio]\nmax_upload_gib = 1.5\nspare_gib = 2\n")
    studio = read(tmp_path, {"MATINEE_STUDIO_SPARE_GIB": "0.5"}).studio
    assert (studio.largest, studio.spare) == (3 << 29, 1 << 29)
    assert read(tmp_path / "elsewhere", {}).studio == Limits()


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e18", "much"])
def test_a_limit_that_cannot_be_is_refused_by_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadSettings, match=r"studio\.max_upload_gib"):
        read(tmp_path, {"MATINEE_STUDIO_MAX_UPLOAD_GIB": value})
