from __future__ import annotations

import re
from collections.abc import Mapping

_DIRECTIVE = re.compile(
    r"\s*([!#$%&'*+\-.^_`|~0-9a-z]+)(?:=(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]*)))?\s*(?:,|\Z)", re.IGNORECASE
)

Directives = Mapping[str, str]


def directives(value: bytes | None) -> Directives:
    """Of a Cache-Control field the directives by lower-case name, with what stands behind `=`. One that comes twice with two
    meanings counts as the stricter: of numbers the smallest (RFC 9111 4.2.1); what cannot be read forbids all (`no-store`)."""
    found: dict[str, str] = {}
    if not value:
        return found
    text, at = value.decode("latin-1"), 0
    while at < len(text):
        match = _DIRECTIVE.match(text, at)
        if match is None:
            if not text[at:].strip(" \t,"):
                break
            if text[at] in " \t,":
                at += 1
                continue
            return {"no-store": ""}
        name, said = match[1].lower(), (match[2] if match[2] is not None else match[3]) or ""
        found[name] = said if name not in found else min(found[name], said, key=_number)
        at = match.end()
    return found


def seconds(found: Directives, name: str) -> int | None:
    """The seconds of a directive, None where it is not there; one that is no number counts as 0, stale."""
    return _number(found[name]) if name in found else None


def _number(text: str) -> int:
    return min(int(text), 2**31) if text.isascii() and text.isdigit() else 0
