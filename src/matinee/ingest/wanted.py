"""What the appliances are told to hold when a title has its film."""

from __future__ import annotations

from matinee.services.fill.contract import FillFile, Want
from matinee.terms.encode import Encode


def wanted(title_id: str, encode: Encode) -> Want:
    """Every file of the title's encode."""
    path = f"{title_id}/{encode.id}"
    return Want(title_id, path, [FillFile(f"{path}/{file.path}", file.size, file.sha256) for file in encode.files])
