from __future__ import annotations

from collections.abc import Sequence

from matinee.runtime.errors import NotFound
from matinee.services.registry.contract import Property, SetProperty


def returning(known: Sequence[Property], version: int, by: str, comment: str = "") -> SetProperty:
    """What sets the value of an earlier version again; `known` are the versions there are, the newest first. Raises NotFound."""
    earlier = next((each for each in known if each.version == version), None)
    if earlier is None:
        raise NotFound(f"There is no version {version} of this property, or it is too old")
    said = comment or f"back to version {version}"
    return SetProperty(earlier.name, earlier.value, by, said, known[0].version)
