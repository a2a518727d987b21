"""A request's JSON body, read strictly and straight into the handler's type."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from matinee.runtime.errors import Invalid

_LONGEST = 200  # characters of what the client sent that it is told again
_OF_OBJECT = re.compile(r"Object (?:missing required|contains unknown) field `([^`]*)`")


class JSONRequest(Request[Any, Any, Any]):
    """Litestar's request with its JSON decoder replaced: no coercion ("2" is no number), and whatever cannot be read is the
    client's mistake."""

    async def body(self) -> bytes:
        """Raises Invalid where the client went away before its end."""
        try:
            return await super().body()
        except InternalServerException as gone:
            raise Invalid("The body did not arrive whole", field="body") from gone

    async def json(self) -> Any:
        """Raises Invalid: another content type, bytes that are no UTF-8, JSON nested too deep, a field that does not fit."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not self.route_handler.opt.get("any_media_type"):
            raise Invalid("Send the body as application/json", field="body")
        wanted = self.route_handler.parsed_data_field
        try:
            text = (await self.body()).decode()  # of a field that nobody knows, msgspec reads no text
            return msgspec.json.decode(text, type=wanted.annotation if wanted else Any)
        except msgspec.ValidationError as wrong:
            field, sentence = _split(str(wrong))
            raise Invalid(f"{field}: {sentence}", field=field) from wrong
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise Invalid(f"The body is not JSON: {wrong}", field="body") from wrong
        except RecursionError as deep:
            raise Invalid("The body is nested too deep", field="body") from deep


def _split(message: str) -> tuple[str, str]:
    """The field and the sentence. msgspec names the field at the end: "Expected `int` - at `$.device.screen`", and one that is
    absent, or that nobody knows, before it: "Object missing required field `screen` - at `$.device`"."""
    sentence, _, path = message.partition(" - at ")
    inside = path.strip("`").removeprefix("$")
    named = _OF_OBJECT.fullmatch(sentence)
    field = (f"{inside}.{named[1]}" if named else inside).removeprefix(".") or "body"
    return field[:_LONGEST], sentence[:_LONGEST]
