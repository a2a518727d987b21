from __future__ import annotations


class Wait:
    """A filter that waited for something (monotonic seconds, `ended` 0 as long as it does)."""

    __slots__ = ("began", "ended", "filter")

    def __init__(self, filter_: str, began: float) -> None:
        self.filter = filter_
        self.began = began
        self.ended = 0.0
