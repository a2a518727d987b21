"""What a client writes about a file it uploads: tus's Upload-Metadata header."""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePath
from typing import Any

import msgspec

from matinee.ingest.contract import CreateUpload
from matinee.runtime.errors import Invalid
from matinee.terms.line import one_line
from matinee.terms.title import Metadata

FIELD = "Upload-Metadata"
KEYS = (
    *("filename", "title", "synopsis", "year", "genre (comma separated)", "maturity", "language", "protection"),
    *("series", "season", "episode", "sidecars (how many files will come with this film)"),
    *("subtitle_of (the film's upload id)", "subtitle_language", "subtitle_role", "poster_of (the film's upload id)"),
)


def described(account_id: str, size: int | None, header: str) -> CreateUpload:
    """The upload that an Upload-Metadata header describes. Raises Invalid, naming the key."""
    found = metadata_of(header)
    filename = found.get("filename") or found.get("name") or "film"
    about = {
        "title": found.get("title") or one_line(PurePath(filename).stem)[:200].strip() or "Film",
        "synopsis": found.get("synopsis", ""),
        "genres": [genre.strip() for genre in found.get("genre", "").split(",") if genre.strip()],
        **{key: found[key] for key in ("year", "maturity", "language") if found.get(key)},
    }
    upload: dict[str, Any] = {
        "account_id": account_id,
        "filename": filename,
        "size": size,
        "sidecars": found.get("sidecars") or 0,
        "subtitle_of": found.get("subtitle_of") or None,
        "poster_of": found.get("poster_of") or None,
        "language": found.get("subtitle_language") or "und",
        "role": found.get("subtitle_role") or "main",
        "protection": found.get("protection") or "signed",
        "episode": _episode(found),
        "described": header,
    }
    try:
        upload["metadata"] = msgspec.convert(about, Metadata, strict=False)
        return msgspec.convert(upload, CreateUpload, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"{FIELD}: {wrong}", field=FIELD) from wrong


def _episode(found: dict[str, str]) -> dict[str, str] | None:
    if not found.get("series"):
        return None
    if not found.get("episode"):
        raise Invalid(f"{FIELD}: an episode of a series has the keys series, season and episode", field=FIELD)
    return {"series": found["series"], "season": found.get("season") or "1", "number": found["episode"]}


def metadata_of(header: str) -> dict[str, str]:
    """Key and base64 value, divided by a space; pairs divided by commas; a value may be missing."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as wrong:
            raise Invalid(f"{FIELD}: {key} is not base64 of UTF-8", field=FIELD) from wrong
    return found
