"""One example for each route of the API; a test holds them against the types."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Example(Struct, frozen=True):
    """What is asked and answered, as JSON values; `parameters` by name."""

    asks: Any = None
    answers: Any = None
    parameters: dict[str, Any] = {}


BY_OPERATION: dict[str, Example] = {}
