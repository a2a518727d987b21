"""The HLS master playlist of one session (RFC 8216bis): every variant and every group once for each pathway."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.api import delivery
from matinee.api.delivery import Location
from matinee.services.playback.contract import Session
from matinee.terms.language import UNDETERMINED
from matinee.terms.line import one_line
from matinee.terms.rendition import Rendition, Role, Track
from matinee.terms.thumbnails import Thumbnails

MEDIA_TYPE = "application/vnd.apple.mpegurl"
_DESCRIBES = "public.accessibility.describes-video"
_TRANSCRIBES = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"


def master(session: Session, locations: Sequence[Location], steering_url: str) -> bytes:
    """Media playlists lie beside the segments on each appliance, or are written for each (`api/playlist.py`), so each variant
    leads to its pathway's own."""
    first = locations[0].id if locations else ""
    steering = f'#EXT-X-CONTENT-STEERING:SERVER-URI="{steering_url}",PATHWAY-ID="{first}"'
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", steering]
    for location in locations:
        lines += _pathway(session, location)
    if session.thumbnails and locations:
        lines.append(_thumbnails(session.thumbnails, locations[0]))
    return ("\n".join(lines) + "\n").encode()


def _pathway(session: Session, location: Location) -> list[str]:
    sounds = delivery.families(delivery.of(session.renditions, Track.AUDIO))
    texts = delivery.of(session.renditions, Track.TEXT)
    lines: list[str] = []
    for name, renditions in sounds:
        lines += _sound_group(f"audio-{name}-{location.id}", _one_a_track(renditions), location)
    lines += _text_group(f"text-{location.id}", texts, location)
    for video in delivery.of(session.renditions, Track.VIDEO):
        for name, renditions in sounds or [("", [])]:
            lines += _variant(video, name, renditions, location, has_text=bool(texts))
    if not delivery.of(session.renditions, Track.VIDEO):
        lines += [line for name, renditions in sounds for line in _sound_only(name, renditions[0], location)]
    return lines


def _one_a_track(renditions: list[Rendition]) -> list[Rendition]:
    """The best of each language, label and role: a group holds no two that a player could not tell apart."""
    best: dict[tuple[str, str, Role], Rendition] = {}
    for rendition in renditions:
        best.setdefault((rendition.language, rendition.label, rendition.role), rendition)
    return list(best.values())


def _sound_group(group: str, renditions: list[Rendition], location: Location) -> list[str]:
    first = delivery.default(renditions)
    return [
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{group}",NAME="{name}",{_language(rendition)}'
        f"DEFAULT={'YES' if rendition is first else 'NO'},"
        f"AUTOSELECT={'YES' if rendition is first else _may_choose(rendition)},"
        f'{_characteristics(_DESCRIBES if rendition.role is Role.DESCRIPTION else "")}CHANNELS="{rendition.channels or 2}",'
        f'URI="{_playlist(location, rendition)}"'
        for name, rendition in _named(renditions)
    ]


def _text_group(group: str, renditions: list[Rendition], location: Location) -> list[str]:
    return [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{group}",NAME="{name}",{_language(rendition)}'
        f"DEFAULT=NO,AUTOSELECT={_may_choose(rendition)},FORCED={'YES' if rendition.role is Role.FORCED else 'NO'},"
        f"{_characteristics(_TRANSCRIBES if rendition.role is Role.CAPTION else '')}"
        f'URI="{_playlist(location, rendition)}"'
        for name, rendition in _named(renditions)
    ]


def _may_choose(rendition: Rendition) -> str:
    """Whether a player may take the track by the viewer's settings alone: nobody wants a commentary unasked."""
    return "NO" if rendition.role is Role.COMMENTARY else "YES"


def _characteristics(known: str) -> str:
    return f'CHARACTERISTICS="{known}",' if known else ""


def _named(renditions: list[Rendition]) -> list[tuple[str, Rendition]]:
    """Each with its name, which no other of the group may have (RFC 8216, section 4.3.4.1.1)."""
    names: dict[str, Rendition] = {}
    for rendition in renditions:
        name, number = _name(rendition), 2
        while name in names:
            name, number = f"{_name(rendition)} {number}", number + 1
        names[name] = rendition
    return list(names.items())


def _variant(video: Rendition, name: str, sounds: list[Rendition], location: Location, *, has_text: bool) -> list[str]:
    peak = video.bandwidth_bps + max((sound.bandwidth_bps for sound in sounds), default=0)
    average = video.average_bps + max((sound.average_bps for sound in sounds), default=0)
    codecs = ",".join([video.codecs, *([sounds[0].codecs] if sounds else [])])
    line = (
        f"#EXT-X-STREAM-INF:BANDWIDTH={max(peak, 1)},AVERAGE-BANDWIDTH={max(average, 1)},"
        f'CODECS="{codecs}",RESOLUTION={video.width}x{video.height}{_frame_rate(video)}'
    )
    if sounds:
        line += f',AUDIO="audio-{name}-{location.id}"'
    if has_text:
        line += f',SUBTITLES="text-{location.id}"'
    return [f'{line},PATHWAY-ID="{location.id}"', _playlist(location, video)]


def _sound_only(name: str, sound: Rendition, location: Location) -> list[str]:
    line = f'#EXT-X-STREAM-INF:BANDWIDTH={max(sound.bandwidth_bps, 1)},CODECS="{sound.codecs}"'
    return [f'{line},AUDIO="audio-{name}-{location.id}",PATHWAY-ID="{location.id}"', _playlist(location, sound)]


def _thumbnails(of: Thumbnails, location: Location) -> str:
    """Once, for the first pathway: players know no pathways of pictures."""
    return (
        f"#EXT-X-IMAGE-STREAM-INF:BANDWIDTH={max(of.bandwidth_bps, 1)},RESOLUTION={of.width}x{of.height},"
        f'CODECS="jpeg",URI="{location.url}{of.folder}/main.m3u8"'
    )


def _playlist(location: Location, rendition: Rendition) -> str:
    if location.playlists and rendition.track is not Track.TEXT:
        return location.playlists.format(rendition.id)
    return f"{location.url}{rendition.folder}/main.m3u8"


def _frame_rate(video: Rendition) -> str:
    frames, _, seconds = video.frame_rate.partition("/")
    return f",FRAME-RATE={int(frames) / int(seconds or 1):.3f}" if frames else ""


def _name(rendition: Rendition) -> str:
    """A quoted string of HLS holds no quote and no line end; what looks like a variable in it stops players that know it not."""
    return one_line(rendition.label or rendition.language or rendition.id).replace('"', "'").replace("{$", "{ $")


def _language(rendition: Rendition) -> str:
    known = rendition.language and rendition.language != UNDETERMINED
    return f'LANGUAGE="{rendition.language}",' if known else ""
