"""A picture that someone sends for a title: its job, in a capacity group of its own, so that no encode stands before it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from matinee.services.jobs.contract import Step, Submit
from matinee.terms.artwork import Shape

NAME = GROUP = "artwork"
KIND = "ingest.artwork"
FOLDER = "sources/artwork/"
"""Where the bytes lie as they were sent. They are never served."""


class Sent(Struct, frozen=True):
    """The picture's bytes lie under `object_key(image_id)`; it becomes artwork of this shape, with this id."""

    title_id: str
    image_id: str
    shape: Shape


def object_key(image_id: str) -> str:
    """The bytes of one picture, which are deleted when its job is done."""
    return f"{FOLDER}{image_id}"


def submission(sent: Sent) -> Submit:
    """Its job; repeats are the same."""
    return Submit(
        key=f"artwork:{sent.image_id}",
        name=NAME,
        subject=sent.title_id,
        capacity_group=GROUP,
        steps=[Step("artwork", KIND, retries=2, runtime_limit_s=120)],
        data=msgspec.to_builtins(sent),
    )


def sent(data: dict[str, Any]) -> Sent:
    """What a job's data holds."""
    return msgspec.convert(data, Sent)
