from __future__ import annotations

import re

_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters, and what no XML document may hold."""


def one_line(text: str) -> str:
    """A stranger's words on one line: they end no line of a playlist, steer no terminal and break no manifest."""
    return " ".join(_BREAKING.sub(" ", text).split())
