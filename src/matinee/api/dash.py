"""The DASH manifest of one session (ISO/IEC 23009-1, content steering by ETSI TS 103 998)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import ceil
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from matinee.api import delivery
from matinee.api.delivery import Location
from matinee.services.playback.contract import Session
from matinee.terms.language import UNDETERMINED
from matinee.terms.rendition import Rendition, Track

MEDIA_TYPE = "application/dash+xml"
_ROLE = "urn:mpeg:dash:role:2011"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"


def manifest(session: Session, locations: Sequence[Location], steering_url: str) -> bytes:
    """The MPD: each appliance a `serviceLocation`, the first the one to begin with; equal segments, numbered from 1."""
    mpd = Element(
        "MPD",
        xmlns="urn:mpeg:dash:schema:mpd:2011",
        profiles="urn:mpeg:dash:profile:isoff-live:2011",
        type="static",
        mediaPresentationDuration=_seconds(session.duration_ms),
        minBufferTime=_seconds(session.segment_ms),
        maxSegmentDuration=_seconds(session.segment_ms),
    )
    for location in locations:
        _text(mpd, "BaseURL", location.url, serviceLocation=location.id)
    first = locations[0].id if locations else ""
    _text(mpd, "ContentSteering", steering_url, defaultServiceLocation=first, queryBeforeStart="false")
    period = SubElement(mpd, "Period", id="0", start="PT0S", duration=_seconds(session.duration_ms))
    _add_video(period, session)
    _add_audio(period, session)
    _add_text(period, session, locations)
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
    tracks = sorted(delivery.of(session.renditions, Track.AUDIO), key=_track)
    first = next(iter(delivery.of(session.renditions, Track.AUDIO)), None)
    for key, renditions in groupby(tracks, key=_track):
        group = _group(period, "audio", "audio/mp4", lang=key[0])
        main = first is not None and key == _track(first)
        SubElement(group, "Role", schemeIdUri=_ROLE, value="main" if main else "alternate")
        _label(group, key[1])
        for rendition in renditions:
            form = _form(group, rendition)
            if rendition.sample_rate:
                form.set("audioSamplingRate", str(rendition.sample_rate))
            SubElement(form, "AudioChannelConfiguration", schemeIdUri=_CHANNELS, value=str(rendition.channels or 2))
            _segments(form, rendition, session.segment_ms, session.duration_ms)


def _add_text(period: Element, session: Session, locations: Sequence[Location]) -> None:
    """Each text track one whole file, with an address on every appliance: players fetch it outside the steered segments."""
    for rendition in delivery.of(session.renditions, Track.TEXT):
        group = _group(period, "text", "text/vtt", lang=rendition.language)
        SubElement(group, "Role", schemeIdUri=_ROLE, value="subtitle")
        _label(group, rendition.label)
        form = SubElement(group, "Representation", id=rendition.id, bandwidth=str(max(rendition.bandwidth_bps, 1)))
        for location in locations:
            url = f"{location.url}{rendition.folder}/captions.vtt"
            _text(form, "BaseURL", url, serviceLocation=location.id)


def _track(rendition: Rendition) -> tuple[str, str, str, int]:
    """What a viewer chooses between: language and label; and what a player does not switch between: codec, channels."""
    return rendition.language or UNDETERMINED, rendition.label, delivery.family(rendition), rendition.channels


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
