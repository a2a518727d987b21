"""What a wish for an encode may say. Pure."""

from __future__ import annotations

import re

from matinee.services.fill.contract import FillFile, Want

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}"
_FILE = re.compile(rf"{_NAME}(/{_NAME}){{2,6}}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def fault(want: Want) -> str | None:
    """One sentence, where a path could not be a file of this encode on any appliance's disk; None where all is well.

    Names begin with a letter, a digit, `_` or `-`: so nothing is hidden, and nothing climbs out of its folder.
    """
    title_id, _, _ = want.encode_path.partition("/")
    if title_id != want.title_id or want.encode_path.count("/") != 1:
        return f"the path of an encode of {want.title_id} is {want.title_id}/{{encode}}"
    if len({file.path for file in want.files}) != len(want.files):
        return "a file is named twice"
    return next((wrong for file in want.files if (wrong := fault_of_file(want.encode_path, file))), None)


def fault_of_file(encode_path: str, file: FillFile) -> str | None:
    """As `fault`, for one file: an appliance asks it again of what it is told."""
    if not _FILE.match(file.path) or not file.path.startswith(f"{encode_path}/"):
        return f"{file.path!r} is not a file of {encode_path}"
    if file.size < 0 or not _SHA256.match(file.sha256):
        return f"{file.path} needs a size and a SHA-256 in hex"
    return None
