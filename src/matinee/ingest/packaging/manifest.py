"""The packager's manifests: what they say of each track, and the playlists of subtitles, which we write ourselves.

The packager ends a text track at its last cue, so that players would ask for segments that are not there, and its DASH
form of text stalls one player; so subtitles stand in HLS as segments to the film's end and in DASH as one whole file.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree as ET

from msgspec import Struct

_DASH = "urn:mpeg:dash:schema:mpd:2011"


class Track(Struct, frozen=True):
    """What a manifest says of one video or sound track. `bounds` are the moments in seconds where its segments meet."""

    folder: str
    codecs: str
    bounds: list[Fraction]
    frame_rate: str = ""
    sample_rate: int = 0


def tracks(mpd: str) -> dict[str, Track]:
    """The tracks of a packager's MPD by their folder."""
    found: dict[str, Track] = {}
    for group in ET.fromstring(mpd).iter(f"{{{_DASH}}}AdaptationSet"):  # noqa: S314 - written by our own packager
        for form in group.iter(f"{{{_DASH}}}Representation"):
            template = _one(form, "SegmentTemplate")
            folder = template.get("media", "").rpartition("/")[0]
            rate = form.get("frameRate") or group.get("frameRate") or ""
            found[folder] = Track(
                folder=folder,
                codecs=form.get("codecs", ""),
                bounds=_bounds(template),
                frame_rate=str(Fraction(rate)) if rate else "",
                sample_rate=int(form.get("audioSamplingRate", "0")),
            )
    return found


def _bounds(template: ET.Element) -> list[Fraction]:
    scale = int(template.get("timescale", "1"))
    bounds: list[int] = []
    for entry in _one(template, "SegmentTimeline"):
        start, length = int(entry.get("t", bounds[-1] if bounds else 0)), int(entry.get("d", "0"))
        bounds = bounds or [start]
        bounds.extend(start + length * (place + 1) for place in range(int(entry.get("r", "0")) + 1))
    return [Fraction(bound, scale) for bound in bounds]


def _one(element: ET.Element, name: str) -> ET.Element:
    found = element.find(f"{{{_DASH}}}{name}")
    if found is None:
        raise ValueError(f"the packager's manifest has no {name}")
    return found


def text_playlist(bounds: list[Fraction]) -> str:
    """The media playlist of a text track cut at these bounds."""
    lengths = [float(end - start) for start, end in pairwise(bounds)]
    longest = max((-(-length // 1) for length in lengths), default=1)
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{int(longest)}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    for number, length in enumerate(lengths, 1):
        lines += [f"#EXTINF:{length:.3f},", f"{number:05d}.vtt"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
