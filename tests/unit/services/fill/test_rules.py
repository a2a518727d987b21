from __future__ import annotations

import pytest

from matinee.services.fill.contract import FillFile, Want
from matinee.services.fill.rules import fault

GOOD = "a" * 64


def want(*paths: str, encode: str = "ttl_1/enc_1", sha256: str = GOOD, size: int = 1) -> Want:
    return Want("ttl_1", encode, [FillFile(path, size, sha256) for path in paths])


def test_what_packaging_writes_is_fine() -> None:
    assert fault(want("ttl_1/enc_1/v720/init.mp4", "ttl_1/enc_1/v720/00001.m4s", "ttl_1/enc_1/master.m3u8")) is None


@pytest.mark.parametrize(
    "path",
    [
        "ttl_1/enc_1/../x",
        "ttl_1/enc_1/.hidden",
        "/ttl_1/enc_1/x",
        "ttl_1/enc_1//x",
        "ttl_1/enc_1/x/",
        "ttl_2/enc_1/x",
        "ttl_1/enc_1",
        "ttl_1/enc_1/x\n",
        "ttl_1/enc_1/%2e%2e",
        "ttl_1/enc_1/a b",
        "ttl_1/enc_1/" + "x" * 129,
    ],
)
def test_a_path_that_is_no_file_of_the_encode_is_refused(path: str) -> None:
    assert fault(want(path))


def test_an_encode_of_another_title_a_repeat_and_a_missing_hash_are_refused() -> None:
    assert fault(want("ttl_2/enc_1/x", encode="ttl_2/enc_1"))
    assert fault(want("ttl_1/enc_1/x", "ttl_1/enc_1/x"))
    assert fault(want("ttl_1/enc_1/x", sha256="A" * 64))
    assert fault(want("ttl_1/enc_1/x", size=-1))
