from __future__ import annotations

from msgspec import Struct


class Thumbnails(Struct, frozen=True):
    """Small pictures of a film, one each `interval_ms`, in sheets `00001.jpg`, `00002.jpg`, … of `columns` by `rows` in `folder`;
    `width` and `height` are one picture's."""

    folder: str
    width: int
    height: int
    columns: int
    rows: int
    interval_ms: int
    sheets: int
    bandwidth_bps: int
