"""Which of an encode's files suit a device, and in which order it should try them. Pure.

One codec a session: among those that the device names, the one that reaches the greatest height within plan and screen; at
the same height the one that takes the fewest bits for it, so AV1 before H.264 wherever it was made well. It is what Shaka
Player does for itself with a manifest of several codecs (`StreamUtils.chooseCodecsAndFilterManifest`: the codec of the lowest
average bandwidth); others take the first they find (dash.js), or change codecs in the middle. Whether AV1 is smooth and costs
no more power is the device's to say: it names it only then (`web/…/player/device.ts`, W3C Media Capabilities).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from matinee.services.playback.contract import Device, NoSuitableFile
from matinee.terms.rendition import Rendition, Track

UNTOLD_DOWNLINK_KBPS = 4_000
"""What a device that does not tell its downlink is taken to have: only the order of the files depends on it."""

_SAFE_SHARE = 0.8  # of the downlink that the first file may need, so that the buffer fills while it plays
MEDIA_TOKEN_SLACK = timedelta(hours=6)
"""How much longer than the running time a media token lives, so that a pause does not end the film."""


_EVERYWHERE = {"avc1", "avc3"}
"""H.264, which every browser, phone and television of the last fifteen years plays."""


class Fit(Struct, frozen=True):
    """What files are chosen for. `max_height` is the plan's."""

    device: Device
    max_height: int


def suitable(renditions: list[Rendition], fit: Fit) -> list[Rendition]:
    """Video first, the best to start with at the head; then all audio and all text, as the encode lists them.

    Video must be of one codec that the device names, not above the plan's height, and at most one step above the screen;
    the lowest always stays, so that every plan and every screen can play. Raises NoSuitableFile.
    """
    device, max_height = fit.device, fit.max_height
    video = [r for r in renditions if r.track is Track.VIDEO]
    played = _of_one_codec([r for r in video if _speaks(device, r)], fit)
    others = [r for r in renditions if r.track in {Track.AUDIO, Track.TEXT}]
    if not renditions or (video and not played):
        raise NoSuitableFile
    return by_downlink(_fitting(played, device, max_height), device.downlink_kbps) + others


def by_downlink(video: Iterable[Rendition], downlink_kbps: int) -> list[Rendition]:
    """Those that the downlink carries, the best of them first; then the rest, the least demanding first."""
    budget_bps = (downlink_kbps or UNTOLD_DOWNLINK_KBPS) * 1000 * _SAFE_SHARE
    rising = sorted(video, key=lambda r: (r.bandwidth_bps, r.id))
    carried = [r for r in rising if r.bandwidth_bps <= budget_bps]
    return carried[::-1] + rising[len(carried) :]


def lines(width: int, height: int) -> int:
    """What "720p" counts: the shorter side, so that a film or a phone held upright is measured alike."""
    return min(width, height)


def media_expires_at(started_at: datetime, duration_ms: int) -> datetime:
    """The media token's end: the running time from the start of the session, and the slack for pauses."""
    return started_at + timedelta(milliseconds=duration_ms) + MEDIA_TOKEN_SLACK


def keeping(fit: Fit, chosen: list[Rendition]) -> Fit:
    """The same, of the codec that plays already: no player changes it in the middle without a stop."""
    codecs = [r.codecs for r in chosen if r.track is Track.VIDEO]
    return replace(fit, device=replace(fit.device, codecs=codecs)) if codecs else fit


def _of_one_codec(played: list[Rendition], fit: Fit) -> list[Rendition]:
    families: dict[str, list[Rendition]] = {}
    for rendition in played:
        families.setdefault(_family(rendition.codecs), []).append(rendition)
    if not fit.device.codecs and (everywhere := [name for name in families if name in _EVERYWHERE]):
        return families[everywhere[0]]
    fitting = {name: _fitting(family, fit.device, fit.max_height) for name, family in families.items()}
    return families[min(families, key=lambda name: _worth(fitting[name]))] if families else []


def _worth(family: list[Rendition]) -> tuple[int, int]:
    """The lesser, the better: height, then the bits that it takes."""
    best = max(family, key=lambda r: (lines(r.width, r.height), r.average_bps))
    return -lines(best.width, best.height), best.average_bps


def _speaks(device: Device, rendition: Rendition) -> bool:
    """RFC 6381: the part before the first dot names the codec; the rest (profile, level) is left to the player."""
    if not device.codecs:
        return True
    return _family(rendition.codecs) in {_family(codec) for codec in device.codecs}


def _family(codecs: str) -> str:
    return codecs.strip().partition(".")[0].lower()


def _fitting(video: list[Rendition], device: Device, max_height: int) -> list[Rendition]:
    steps = sorted({lines(r.width, r.height) for r in video})
    screen = lines(device.screen.width, device.screen.height)
    ceiling = next((step for step in steps if step >= screen), max_height)
    least = steps[0] if steps else 0
    return [r for r in video if lines(r.width, r.height) <= max(least, min(ceiling, max_height))]
