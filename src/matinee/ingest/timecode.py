"""Places in a film, as people and as WebVTT write them."""

from __future__ import annotations


def clock(ms: int) -> str:
    """For people: 1:02:03, 2:03."""
    hours, minutes, seconds = ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def webvtt(ms: int) -> str:
    """A WebVTT timestamp with its hours: 01:02:03.450. https://www.w3.org/TR/webvtt1/#webvtt-timestamp"""
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
