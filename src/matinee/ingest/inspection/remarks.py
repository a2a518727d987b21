"""What an editor should hear of a film, in sentences."""

from __future__ import annotations

from fractions import Fraction

from matinee.ingest import languages
from matinee.ingest.inspection.looks import Look
from matinee.ingest.inspection.probe import Entry, title
from matinee.ingest.inspection.sound import Heard
from matinee.ingest.inspection.stretches import Stretch, longest, places, spans
from matinee.ingest.source import Audio, Video
from matinee.ingest.timecode import clock
from matinee.terms.finding import Finding
from matinee.terms.finding import FindingKind as Kind
from matinee.terms.language import UNDETERMINED

_SILENCE_MS = 5000
_OFFSET_S = 0.25
_USUAL_LUFS, _NEAR_LU = -24.0, 3.0
_FORMATS = {"smpte2084": "HDR (PQ)", "arib-std-b67": "HDR (HLG)"}


def of_file(promised_s: float, whole_s: float) -> list[Finding]:
    """Of a header that promises more than the whole file holds."""
    said = f"The file claims to last {clock(round(promised_s * 1000))}, but holds {clock(round(whole_s * 1000))}."
    return [Finding(Kind.CLAIM, f"{said} What it holds is shown.", mended=True)]


def of_picture(video: Video, rate: Fraction, *, absurd_aspect: bool) -> list[Finding]:
    """`rate` is how many frames a second the file has."""
    halved = rate > video.rate * Fraction(11, 10) and not video.variable_rate and not video.telecined
    found = [
        (video.telecined, Kind.TELECINED, _spread(video, rate)),
        (video.interlaced and not video.telecined, Kind.INTERLACED, "The picture is interlaced; it is made progressive."),
        (video.high_range, Kind.HIGH_RANGE, f"The film is {_FORMATS.get(video.transfer)}; it is made for usual screens (SDR)."),
        (_odd_colours(video), Kind.COLOUR, "The film's colours are stored in another way than usual; they are converted."),
        (_deep(video), Kind.DEPTH, f"The picture ({video.pixel_format}) is made with 8 bits a colour, 4:2:0, for all devices."),
        (video.crop is not None, Kind.BORDERS, f"The black borders are cut off; {_size(video)} are left."),
        (video.rotation != 0, Kind.TURNED, f"The picture is turned upright, by {_turn(video.rotation)} degrees."),
        (video.pixel_aspect != "1:1", Kind.PIXEL_ASPECT, f"The picture is shown as {_size(video)}: its pixels are not square."),
        (halved, Kind.RATE, f"The film has {_fps(rate)} pictures a second; {_fps(video.rate)} are kept."),
        (video.variable_rate, Kind.VARIABLE_RATE, f"The picture's rate varies; it becomes {_fps(video.rate)} a second."),
    ]  # fmt: skip
    said = [Finding(kind, message, mended=True) for holds, kind, message in found if holds]
    if absurd_aspect:
        odd = "The file claims pixels of a shape that nobody could mean; they are taken as square."
        said.append(Finding(Kind.PIXEL_ASPECT, odd, mended=False))
    return said


def of_looks(looks: list[Look]) -> list[Finding]:
    """Of places where nothing could be seen."""
    blind = [(look.at_ms, look.at_ms) for look in looks if not look.frames]
    if not blind:
        return []
    return [Finding(Kind.DAMAGE, f"The picture cannot be decoded {places(blind)}.", mended=False, at=spans(blind))]


def of_holes(holes: list[Stretch]) -> list[Finding]:
    """Of stretches that have no pictures."""
    if not holes:
        return []
    said = f"Pictures are missing {places(holes)}; the last one before stands there instead."
    return [Finding(Kind.DAMAGE, said, mended=False, at=spans(holes))]


def of_corrupt(broken: list[Stretch]) -> list[Finding]:
    """Of what was damaged on its way into the file."""
    if not broken:
        return []
    return [Finding(Kind.DAMAGE, f"The file is damaged {places(broken)}.", mended=False, at=spans(broken))]


def of_pictures(films: list[Entry]) -> list[Finding]:
    """Of moving pictures beside the first, which is shown."""
    if len(films) < 2:
        return []
    named = f", “{title(films[0])}”," if title(films[0]) else ""
    shown = f"only track {int(films[0]['index']) + 1}{named} is shown"
    return [Finding(Kind.EXTRA_PICTURE, f"The file holds {len(films)} moving pictures; {shown}.", mended=False)]


def of_sound(heard: list[Heard], lost: list[Audio], length_ms: int) -> list[Finding]:
    """Of each track, and of those that could not be decoded."""
    found = [one for place, track in enumerate(heard, 1) for one in _of_track(place, len(heard), track, length_ms)]
    for track in lost:
        named = f" ({languages.name(track.language)})" if track.language != UNDETERMINED else ""
        message = f"A sound track{named} in the form {track.codec or 'unknown'} cannot be decoded, and is left out."
        found.append(Finding(Kind.EXTRA_SOUND, message, mended=False))
    if not heard:
        found.append(Finding(Kind.NO_SOUND, "The film has no sound.", mended=False))
    return found


def _of_track(place: int, of: int, heard: Heard, length_ms: int) -> list[Finding]:
    audio = heard.audio
    name = "The sound" if of == 1 else f"Sound track {place} ({languages.name(audio.language)})"
    if audio.loudness_lufs is None:
        return [Finding(Kind.SILENT, f"{name} is silent.", mended=False)]
    found: list[Finding] = []
    if heard.damaged:
        found.append(Finding(Kind.DAMAGE, f"{name} is damaged in places, and silent there.", mended=False))
    if abs(audio.loudness_lufs - _USUAL_LUFS) > _NEAR_LU:
        message = f"{name} has a loudness of {audio.loudness_lufs:.1f} LUFS; it is brought to that of all films here."
        found.append(Finding(Kind.LOUDNESS, message, mended=True))
    if quiet := longest(_inside(heard.silences, length_ms), _SILENCE_MS):
        found.append(Finding(Kind.SILENCE, f"{name} is silent {places(quiet)}.", mended=False, at=spans(quiet)))
    return found


def _inside(found: list[Stretch], length_ms: int) -> list[Stretch]:
    return [(start, min(end, length_ms)) for start, end in found if start < length_ms]


def of_offset(picture_s: float, sounds_s: list[float]) -> list[Finding]:
    """When the picture and each sound begin."""
    found: list[Finding] = []
    if sounds_s and picture_s - min(sounds_s) > _OFFSET_S:
        late = (
            f"The picture begins {picture_s - min(sounds_s):.1f} s after the sound; its first frame stands until then."
        )
        found.append(Finding(Kind.OFFSET, late, mended=True))
    if sounds_s and max(sounds_s) - picture_s > _OFFSET_S:
        late = f"The sound begins {max(sounds_s) - picture_s:.1f} s after the picture; it is silent until then."
        found.append(Finding(Kind.OFFSET, late, mended=True))
    return found


def of_tracks(dropped: int, drawn: int, unread: list[str]) -> list[Finding]:
    """Counts of tracks beyond those we keep, of subtitles that are pictures; forms of subtitles that cannot be read."""
    found: list[Finding] = []
    if dropped:
        message = f"The file holds more tracks than are kept; {dropped} of them are left out."
        found.append(Finding(Kind.EXTRA_SOUND, message, mended=False))
    if drawn:
        message = (
            f"{_many(drawn)} of subtitles {'is' if drawn == 1 else 'are'} made of pictures, not of text, and left out."
        )
        found.append(Finding(Kind.PICTURE_TEXT, message, mended=False))
    if unread:
        forms = ", ".join(sorted(set(unread)))
        message = f"{_many(len(unread))} of subtitles cannot be read ({forms}), and {'is' if len(unread) == 1 else 'are'} left out."
        found.append(Finding(Kind.TEXT, message, mended=False))
    return found


def _many(count: int) -> str:
    return "One track" if count == 1 else f"{count} tracks"


def _size(video: Video) -> str:
    return f"{video.width} by {video.height}"


def _turn(rotation: int) -> int:
    return min(rotation, 360 - rotation)


def _fps(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _spread(video: Video, rate: Fraction) -> str:
    return (
        f"The film was spread over {_fps(rate)} pictures a second (telecine); its own {_fps(video.rate)} are restored."
    )


def _odd_colours(video: Video) -> bool:
    return not video.high_range and (video.full_range or video.primaries == "bt2020")


def _deep(video: Video) -> bool:
    return video.bit_depth > 8 or ("42" not in video.pixel_format and video.pixel_format not in {"", "nv12"})
