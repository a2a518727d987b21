"""How a film is encrypted when it is packaged: CENC in its form `cbcs` (ISO/IEC 23001-7), the one that HLS and DASH share, one
key for sound and picture, from the first segment on. Words stay clear."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from matinee.services.playback.contract import ContentKey


def packager_arguments(key: ContentKey) -> list[str]:
    """What Shaka Packager is told besides, for every stream of the command. The key stands in them."""
    return [
        "--enable_raw_key_encryption",
        "--protection_scheme=cbcs",
        "--clear_lead=0",
        f"--keys=label=:key_id={key.key_id}:key={key.key.hex()}",
    ]


@contextmanager
def hidden(key: ContentKey, folder: Path) -> Generator[list[str]]:
    """The same by way of a file in `folder` that nobody else may read, gone at the end: a command line is shown to every user
    of the machine, and to the log."""
    path = folder.absolute() / ".packager-flags"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    try:
        path.write_text("".join(f"{argument}\n" for argument in packager_arguments(key)))
        yield [f"--flagfile={path}"]
    finally:
        path.unlink(missing_ok=True)
