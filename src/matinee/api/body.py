"""A request's JSON body, read strictly and straight into the handler's type."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from matinee.runtime.errors import Invalid


class JSONRequest(Request[Any, Any, Any]):
    """Litestar's request with its JSON decoder replaced: no coercion ("2" is no number), and whatever cannot be read is the
    client's mistake."""

    async def json(self) -> Any:
        """Raises Invalid: another content type, bytes that are no UTF-8, JSON nested too deep, a field that does not fit."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Invalid("Send the body as application/json")
        wanted = self.route_handler.parsed_data_field
        try:
            return msgspec.json.decode(await self.body(), type=wanted.annotation if wanted else Any)
        except msgspec.ValidationError as wrong:
            field, sentence = _split(str(wrong))
            raise Invalid(f"{field}: {sentence}", field=field) from wrong
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise Invalid(f"The body is not JSON: {wrong}") from wrong
        except RecursionError as deep:
            raise Invalid("The body is nested too deep") from deep


def _split(message: str) -> tuple[str, str]:
    """The field and the sentence: msgspec names the field at the end: "Expected `int` - at `$.device.screen`"."""
    sentence, _, path = message.partition(" - at ")
    return path.strip("`").removeprefix("$").removeprefix(".") or "body", sentence
