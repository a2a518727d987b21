"""What schemathesis is told of JSON that a schema cannot say; it loads this file by itself."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """JSON Schema takes 245.0 for an integer. Here a number with a point is none."""
    return whole(body)


@schemathesis.serializer("application/offset+octet-stream")
def bytes_of_an_upload(_: Any, value: Any) -> bytes:
    """As they are."""
    return value if isinstance(value, bytes) else str(value).encode()


def whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if isinstance(value, list) else value
