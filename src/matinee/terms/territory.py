from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Territory = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
"""An ISO 3166-1 alpha-2 country code. `UNKNOWN` where an address tells nothing."""

UNKNOWN: Territory = "ZZ"
