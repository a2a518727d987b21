from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest

from matinee.ingest.scratch import Scratch
from matinee.runtime.errors import OutOfSpace


def test_what_is_to_be_spared_is_not_taken(tmp_path: Path) -> None:
    half = shutil.disk_usage(tmp_path).free // 2
    Scratch(tmp_path, spare=0).check_room(half)
    with pytest.raises(OutOfSpace, match="not enough room"):
        Scratch(tmp_path, spare=2 * half + (1 << 40)).check_room(half)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_takes_no_more_ends_a_step_in_one_sentence(tmp_path: Path, number: int) -> None:
    async def work(_: Path) -> dict[str, Any]:
        raise OSError(number, "full")

    with pytest.raises(OutOfSpace, match="became full"):
        await Scratch(tmp_path, spare=0).make("job_1", "encode", "tsk_1", work)
