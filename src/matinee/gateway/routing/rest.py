from __future__ import annotations

from urllib.parse import quote_from_bytes

_PLAIN = "/-._~!$&'()*+,;=:@"


def rest(target: bytes, path: bytes, prefix: str) -> bytes:
    """What follows a prefix in the path of a target, with its escapes as they came. `path` is the target's decoded path."""
    bare = prefix.rstrip("/").encode()
    raw = target.partition(b"?")[0]
    if raw.startswith(bare) and raw[len(bare) : len(bare) + 1] in {b"", b"/"}:
        return raw[len(bare) :]
    return below(path, prefix).encode()


def below(path: bytes, prefix: str) -> str:
    """What follows a prefix in a decoded path, escaped anew."""
    return quote_from_bytes(path[len(prefix.rstrip("/").encode()) :], safe=_PLAIN)
