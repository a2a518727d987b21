"""How players find small pictures in sheets: the HLS playlist that lies beside them, and WebVTT."""

from __future__ import annotations

from math import ceil

from matinee.ingest import timecode
from matinee.terms.thumbnails import Thumbnails

WEBVTT_TYPE = "text/vtt"


def span_ms(of: Thumbnails) -> int:
    """How much of the film one whole sheet shows."""
    return of.interval_ms * of.columns * of.rows


def playlist(of: Thumbnails, duration_ms: int) -> str:
    """The HLS playlist that lies beside the sheets (Roku's image media playlist, read by Shaka)."""
    span = span_ms(of)
    tiles = f"#EXT-X-TILES:RESOLUTION={of.width}x{of.height},LAYOUT={of.columns}x{of.rows},DURATION={of.interval_ms / 1000:g}"
    lines = [
        *("#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{ceil(span / 1000)}", "#EXT-X-MEDIA-SEQUENCE:1"),
        *("#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-IMAGES-ONLY"),
    ]
    for sheet in range(of.sheets):
        left = max(1, min(span, duration_ms - sheet * span))
        lines += [f"#EXTINF:{left / 1000:.3f},", tiles, f"{sheet + 1:05d}.jpg"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def webvtt(of: Thumbnails, duration_ms: int, root: str = "") -> str:
    """One cue for each picture, which is a part of a sheet (Media Fragments, `#xywh=`). `root` stands before the sheets' names."""
    lines = ["WEBVTT", ""]
    a_sheet = of.columns * of.rows
    for place in range(min(of.sheets * a_sheet, max(1, ceil(duration_ms / of.interval_ms)))):
        sheet, within = divmod(place, a_sheet)
        row, column = divmod(within, of.columns)
        end = min(duration_ms, (place + 1) * of.interval_ms)
        part = f"{column * of.width},{row * of.height},{of.width},{of.height}"
        lines += [
            f"{timecode.webvtt(place * of.interval_ms)} --> {timecode.webvtt(end)}",
            f"{root}{sheet + 1:05d}.jpg#xywh={part}",
            "",
        ]
    return "\n".join(lines)
