"""The files of a film in several, looked into: what of them is alike, and where each begins in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest import languages
from matinee.ingest.inspection import packets
from matinee.ingest.inspection.inspect import inspect
from matinee.ingest.inspection.packets import Packets
from matinee.ingest.inspection.probe import Entry, probe
from matinee.ingest.source import Audio, Source
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs
from matinee.terms.language import UNDETERMINED

_SHOWN = ("width", "height", "pix_fmt", "color_range", "color_space", "color_transfer", "color_primaries")
_CODED = ("codec_name", "profile", "field_order", "chroma_location", "extradata_hash")


class Part(Struct, frozen=True):
    """`number` counts from 1. `film` is the stream of its picture, `read` all its packets, which count from `start_s`."""

    number: int
    path: Path
    source: Source
    film: Entry
    read: Packets
    start_s: float

    @property
    def name(self) -> str:
        """As sentences call it."""
        return f"part {self.number}"


async def look(programs: Programs, tools: Toolchain, path: Path, number: int) -> Part:
    """Raises Invalid, with a sentence that names the part, where it cannot be prepared."""
    try:
        source = await inspect(programs, tools, path)
    except Invalid as wrong:
        raise Invalid(f"Part {number}: {wrong.detail}") from wrong
    found = await probe(programs, tools, path)
    index = source.video.index
    read = await packets.scan(programs, tools, path, index, found.start_s, found.container)
    return Part(number, path, source, found.named(index), read, found.start_s)


def starts(parts: Sequence[Part], rate: Fraction) -> list[int]:
    """The frame with which each part begins, and how many there are: as many as all together last, to the nearest frame."""
    frames = [0]
    reach = Fraction(0)
    for part in parts:
        reach += Fraction(part.source.duration_ms, 1000)
        frames.append(int(reach * rate + Fraction(1, 2)))
    return frames


def can_be_copied(parts: Sequence[Part]) -> bool:
    """Whether the parts' pictures can follow each other as they are coded."""
    alike = all(_form(part) == _form(parts[0]) for part in parts)
    upright = parts[0].source.video.rotation == 0  # Matroska does not keep how a picture is turned
    return alike and upright and all(part.source.seekable and part.read.copyable for part in parts)


def _form(part: Part) -> tuple[Any, ...]:
    """What must be the same of all; where a part's borders lie and how late its frames are need not be."""
    video = replace(part.source.video, width=0, height=0, duration_ms=0, late_ms=0.0, crop=None, peak_nits=0)
    return video, shown_as(part.film), *(part.film.get(key) for key in _CODED)


def shown_as(film: Entry) -> tuple[Any, ...]:
    """What a stream says of how it is shown."""
    return tuple(film.get(key) for key in _SHOWN)


def differences(parts: Sequence[Part]) -> list[str]:
    """In what the parts' pictures differ, as an editor says it."""
    videos = [part.source.video for part in parts]
    told = {
        "size": {(video.width, video.height) for video in videos},
        "rate": {video.frame_rate for video in videos},
        "form": {(video.codec, video.pixel_format) for video in videos},
    }
    return [word for word, values in told.items() if len(values) > 1]


def sounds(parts: Sequence[Part]) -> list[list[Audio]]:
    """The whole film's sound tracks, each as it stands in every part. Raises Invalid, with a sentence that names two parts,
    where they have not the same tracks."""
    rows = [_in_order(parts[0], part) for part in parts]
    return [list(track) for track in zip(*rows, strict=True)]


def _in_order(first: Part, part: Part) -> list[Audio]:
    """The part's tracks in the order of the first's; of those that do not say what they are, by their place."""
    wanted, found = first.source.audio, part.source.audio
    if len(wanted) != len(found):
        raise Invalid(
            f"{first.name.capitalize()} has {_many(len(wanted))} and {part.name} has {_many(len(found))}, "
            "so they cannot be joined into one film."
        )
    if sorted(map(_key, wanted)) == sorted(map(_key, found)):
        left = list(found)
        return [left.pop([_key(one) for one in left].index(_key(track))) for track in wanted]
    for before, after in zip(wanted, found, strict=True):
        said = {before.language, after.language}
        if len(said) > 1 and UNDETERMINED not in said:
            raise Invalid(
                f"The sound of {first.name} is in {languages.name(before.language)} where that of {part.name} is in "
                f"{languages.name(after.language)}, so they cannot be joined into one film."
            )
    return list(found)


def _key(audio: Audio) -> tuple[str, str]:
    return audio.language, audio.role


def _many(tracks: int) -> str:
    return f"{tracks} sound track{'' if tracks == 1 else 's'}" if tracks else "no sound"
