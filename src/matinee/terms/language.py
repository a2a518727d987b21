from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", max_length=35)]
"""A BCP 47 language tag. `UNDETERMINED` where a track names none."""

UNDETERMINED: Language = "und"
