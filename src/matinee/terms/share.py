from __future__ import annotations

from hashlib import blake2b

_STEPS = 1_000_000


def in_share(percent: float, among: str, member: str) -> bool:
    """Whether a member is of the first `percent` percent. The same for a member each time; as the share grows those in it stay,
    and shares of different names (`among`) hold members independently of each other."""
    return number(among, member) * 100 < percent * _STEPS


def number(among: str, member: str) -> int:
    """A member's place in the order in which a share takes them in, below a million."""
    return int.from_bytes(blake2b(f"{among}\0{member}".encode(), digest_size=8).digest()) % _STEPS
