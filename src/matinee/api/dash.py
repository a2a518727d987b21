"""The DASH manifest of one session (ISO/IEC 23009-1, content steering by ETSI TS 103 998)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from matinee.api import delivery
from matinee.api.delivery import Location
from matinee.services.playback.contract import Session
from matinee.terms.language import UNDETERMINED
from matinee.terms.rendition import Rendition, Role, Track
from matinee.terms.thumbnails import Thumbnails

MEDIA_TYPE = "application/dash+xml"
_SPARE_MS = 1
"""The film is said to be so much longer than its last frame: dash.js leaps back from an end that it reaches before the browser."""

_ROLE = "urn:mpeg:dash:role:2011"
_TILES = "http://dashif.org/thumbnail_tile"
_ENCRYPTED = "urn:mpeg:dash:mp4protection:2011"
_CLEAR_KEY = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_PURPOSE = "urn:tva:metadata:cs:AudioPurposeCS:2007"
_SOUND_ROLES = {Role.DESCRIPTION: "description", Role.COMMENTARY: "commentary"}
_TEXT_ROLES = {
    Role.CAPTION: ["caption"],
    Role.FORCED: ["forced-subtitle"],
    Role.COMMENTARY: ["subtitle", "commentary"],
    Role.DESCRIPTION: ["subtitle", "description"],
}
_PURPOSES = {(Track.AUDIO, Role.DESCRIPTION): "1", (Track.TEXT, Role.CAPTION): "2"}
"""For who cannot see, for who hears badly: the TV-Anytime classes that DASH names (ISO/IEC 23009-1, DASH-IF IOP)."""


def manifest(session: Session, locations: Sequence[Location], steering_url: str, licence_url: str = "") -> bytes:
    """The MPD: each appliance a `serviceLocation`, the first the one to begin with; equal segments, numbered from 1. An
    encrypted film's leads to the session's licence."""
    mpd = Element(
        "MPD",
        xmlns="urn:mpeg:dash:schema:mpd:2011",
        profiles="urn:mpeg:dash:profile:isoff-live:2011",
        type="static",
        mediaPresentationDuration=_seconds(session.duration_ms + _SPARE_MS),
        minBufferTime=_seconds(session.segment_ms),
        maxSegmentDuration=_seconds(session.segment_ms),
    )
    for location in locations:
        _text(mpd, "BaseURL", location.url, serviceLocation=location.id)
    first = locations[0].id if locations else ""
    _text(mpd, "ContentSteering", steering_url, defaultServiceLocation=first, queryBeforeStart="false")
    period = SubElement(mpd, "Period", id="0", start="PT0S", duration=_seconds(session.duration_ms + _SPARE_MS))
    _add_video(period, session)
    _add_audio(period, session)
    _add_protection(mpd, period, session.key_id, licence_url)
    _add_text(period, session, locations)
    if session.thumbnails:
        _add_thumbnails(period, session.thumbnails)
    indent(mpd)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(mpd) + b"\n"


def _add_video(period: Element, session: Session) -> None:
    for _, renditions in delivery.families(delivery.of(session.renditions, Track.VIDEO)):
        group = _group(period, "video", "video/mp4")
        for rendition in renditions:
            form = _form(group, rendition, width=str(rendition.width), height=str(rendition.height))
            if rendition.frame_rate:
                form.set("frameRate", rendition.frame_rate)
            _segments(form, rendition, session.segment_ms, session.duration_ms)


def _add_audio(period: Element, session: Session) -> None:
    tracks = delivery.of(session.renditions, Track.AUDIO)
    first = delivery.default(tracks)
    for key in dict.fromkeys(map(_track, tracks)):  # in their own order, which is a menu's too
        renditions = [each for each in tracks if _track(each) == key]
        group = _group(period, "audio", "audio/mp4", lang=key[0])
        main = first is not None and key == _track(first)
        role = _SOUND_ROLES.get(key[2], "main" if main else "alternate")
        _label(group, key[1])
        _purpose(group, Track.AUDIO, key[2], [role])
        for rendition in renditions:
            form = _form(group, rendition)
            if rendition.sample_rate:
                form.set("audioSamplingRate", str(rendition.sample_rate))
            SubElement(form, "AudioChannelConfiguration", schemeIdUri=_CHANNELS, value=str(rendition.channels or 2))
            _segments(form, rendition, session.segment_ms, session.duration_ms)


def _add_protection(mpd: Element, period: Element, key_id: str | None, licence_url: str) -> None:
    """CENC in its form `cbcs` (ISO/IEC 23001-7), its keys by Clear Key (DASH-IF, "Clear Key Content Protection" and `Laurl`).
    Other systems' data would only mislead: one that a player does not know stops it."""
    if key_id is None:
        return
    mpd.set("xmlns:cenc", "urn:mpeg:cenc:2013")
    mpd.set("xmlns:dashif", "https://dashif.org/CPS")
    for group in period.findall("AdaptationSet"):
        clear = Element("ContentProtection", schemeIdUri=_CLEAR_KEY, value="ClearKey1.0")
        _text(clear, "dashif:Laurl", licence_url)
        encrypted = Element("ContentProtection", schemeIdUri=_ENCRYPTED, value="cbcs")
        encrypted.set("cenc:default_KID", str(UUID(key_id)))
        group.insert(0, clear)
        group.insert(0, encrypted)


def _add_text(period: Element, session: Session, locations: Sequence[Location]) -> None:
    """Each text track one whole file, with an address on every appliance: players fetch it outside the steered segments."""
    for rendition in delivery.of(session.renditions, Track.TEXT):
        group = _group(period, "text", "text/vtt", lang=rendition.language)
        _label(group, rendition.label)
        _purpose(group, Track.TEXT, rendition.role, _TEXT_ROLES.get(rendition.role, ["subtitle"]))
        form = SubElement(group, "Representation", id=rendition.id, bandwidth=str(max(rendition.bandwidth_bps, 1)))
        for location in locations:
            url = f"{location.url}{rendition.folder}/captions.vtt"
            _text(form, "BaseURL", url, serviceLocation=location.id)


def _add_thumbnails(period: Element, of: Thumbnails) -> None:
    """Sheets of small pictures (DASH-IF IOP part 9, section 6: tiled thumbnails)."""
    group = SubElement(period, "AdaptationSet", contentType="image", mimeType="image/jpeg")
    span = str(of.interval_ms * of.columns * of.rows)
    media = f"{of.folder}/$Number%05d$.jpg"
    SubElement(group, "SegmentTemplate", timescale="1000", duration=span, startNumber="1", media=media)
    form = SubElement(group, "Representation", id=of.folder, bandwidth=str(max(of.bandwidth_bps, 1)))
    form.set("width", str(of.width * of.columns))
    form.set("height", str(of.height * of.rows))
    SubElement(form, "EssentialProperty", schemeIdUri=_TILES, value=f"{of.columns}x{of.rows}")


def _track(rendition: Rendition) -> tuple[str, str, Role, str, int]:
    """What a viewer chooses between: language, label, role; and what a player does not switch between: codec, channels."""
    family = delivery.family(rendition)
    return rendition.language or UNDETERMINED, rendition.label, rendition.role, family, rendition.channels


def _purpose(group: Element, track: Track, role: Role, roles: list[str]) -> None:
    """Whom a track is for, and what it is; in the order in which the schema has them."""
    if purpose := _PURPOSES.get((track, role)):
        SubElement(group, "Accessibility", schemeIdUri=_PURPOSE, value=purpose)
    for value in roles:
        SubElement(group, "Role", schemeIdUri=_ROLE, value=value)


def _group(period: Element, kind: str, media_type: str, lang: str = "") -> Element:
    group = SubElement(period, "AdaptationSet", contentType=kind, mimeType=media_type)
    if kind != "text":
        group.set("segmentAlignment", "true")
        group.set("startWithSAP", "1")
    if lang:
        group.set("lang", lang)
    return group


def _label(group: Element, label: str) -> None:
    if label:
        _text(group, "Label", label)


def _form(group: Element, rendition: Rendition, **more: str) -> Element:
    bandwidth = str(max(rendition.bandwidth_bps, 1))
    form = {"id": rendition.id, "bandwidth": bandwidth, "codecs": rendition.codecs, **more}
    return SubElement(group, "Representation", form)


def _segments(form: Element, rendition: Rendition, segment_ms: int, duration_ms: int) -> None:
    """A timeline, not a bare duration: how many segments there are is then said, not rounded by each player its own way."""
    template = SubElement(
        form,
        "SegmentTemplate",
        timescale="1000",
        startNumber="1",
        initialization=f"{rendition.folder}/init.mp4",
        media=f"{rendition.folder}/$Number%05d$.m4s",
    )
    timeline = SubElement(template, "SegmentTimeline")
    count = rendition.segments or max(1, ceil(duration_ms / segment_ms))
    if count > 1:
        SubElement(timeline, "S", t="0", d=str(segment_ms), r=str(count - 2))
    last = max(1, duration_ms - (count - 1) * segment_ms)
    SubElement(timeline, "S", t=str((count - 1) * segment_ms), d=str(last))


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = text


def _seconds(ms: int) -> str:
    return f"PT{ms / 1000:.3f}S"
