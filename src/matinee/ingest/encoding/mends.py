"""Filters that mend a film while it is encoded. Each looks at few frames around its own, so that a film encoded in parts
comes out as one encoded whole."""

from __future__ import annotations

from matinee.ingest.encoding.ladder import ladder
from matinee.ingest.source import Audio, Source, Video

TRUE_PEAK_DB = -2.0
_MOST_GAIN_DB = 24.0
_LEAST_GAIN_DB = 0.1

FOLD = "aformat=sample_fmts=fltp:channel_layouts=stereo"
"""Any sound as two channels. In floats, for only there nothing is made quieter to make room."""

_LIMITER = "aresample=192000,alimiter=level=0:limit={limit:.4f}:attack=5:release=50:latency=1,aresample=48000"
"""A limiter sees samples; between them a peak hides, unless they stand four times as close (ITU-R BS.1770-5, annex 2)."""

_TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog"
_SMALL = {"smpte170m", "bt470bg", "fcc"}
_PLAIN_SPACES = {"", "unknown", "reserved", "bt709", "gbr", "smpte240m", *_SMALL}


def needs_wide(source: Source) -> bool:
    """Whether only `Toolchain.wide_ffmpeg` can decode or mend this film's picture."""
    return source.video.codec == "av1" or _needs_mapping(source.video)


def picture(source: Source) -> list[str]:
    """The filters that bring the chosen picture, as ffmpeg decodes and turns it, to progressive frames without borders in
    8-bit 4:2:0 of BT.709, limited range. They stand before `fps` and the scaling to each rung, which makes pixels square."""
    video = source.video
    behind_s = (video.late_ms + video.delay_ms) / 1000
    return [
        *([f"setpts=round(PTS-{behind_s:.6f}/TB)"] if behind_s else []),
        *_unwoven(video),
        *([f"crop={video.crop.width}:{video.crop.height}:{video.crop.x}:{video.crop.y}"] if video.crop else []),
        *_colours(video),
        "format=yuv420p",
        _TAGS,
    ]


def _unwoven(video: Video) -> list[str]:
    """Of a telecined film its pictures are put together anew, and what is left twice is dropped; a frame that finds no other
    half is made of one, as all of an interlaced film are."""
    parity = "bff" if video.bottom_first else "tff"
    made = f"bwdif=mode=send_frame:parity={parity}:deint="
    if video.telecined:
        return [f"fieldmatch=order={parity}:combmatch=full", f"{made}interlaced", "decimate"]
    return [f"{made}all"] if video.interlaced else []


def sound(audio: Audio, target_lufs: float, channels: int = 2) -> list[str]:
    """The filters that bring a track to `channels` (2, or 6 for 5.1) and to the target's loudness, by one gain for the whole
    (EBU R 128); where that would lift a peak above -2 dBTP a limiter holds it. A silent track keeps its silence. The sound
    they get begins at zero."""
    folded = audio.channels > 2 and channels == 2
    loudness, peak = (audio.stereo_lufs, audio.stereo_peak_db) if folded else (audio.loudness_lufs, audio.true_peak_db)
    moved = [f"atrim=start={audio.late_ms / 1000:.6f}", "asetpts=PTS-STARTPTS"] if audio.late_ms else []
    filters = [*moved, FOLD if channels == 2 else "aformat=sample_fmts=fltp:channel_layouts=5.1"]
    if loudness is None:
        return filters
    gain = min(_MOST_GAIN_DB, target_lufs - loudness)
    if abs(gain) < _LEAST_GAIN_DB:
        gain = 0.0
    else:
        filters.append(f"volume={gain:.2f}dB")
    if peak is not None and peak + gain > TRUE_PEAK_DB:
        filters.append(_LIMITER.format(limit=10 ** (TRUE_PEAK_DB / 20)))
    return filters


def _needs_mapping(video: Video) -> bool:
    return video.high_range or video.primaries == "bt2020" or video.space not in _PLAIN_SPACES


def _colours(video: Video) -> list[str]:
    if video.high_range:
        return _tone_map(video)
    if _needs_mapping(video):
        return [f"zscale={_input(video, 'bt709')}:p=bt709:t=bt709:m=bt709:r=limited"]
    matrix = _matrix(video)
    if matrix == "bt709" and not video.full_range:
        return []
    came = "full" if video.full_range else "limited"
    matrices = f"in_color_matrix={matrix}:out_color_matrix=bt709"
    return [f"scale={matrices}:in_range={came}:out_range=limited:flags=bicubic+accurate_rnd"]


def _matrix(video: Video) -> str:
    """How brightness and colour were made of red, green and blue; a film that does not say is judged by its size, as players do."""
    if video.space in _SMALL:
        return "bt601"
    if video.space in {"bt709", "smpte240m"}:
        return video.space
    return "bt709" if max(video.width, video.height) >= 1280 or min(video.width, video.height) > 576 else "bt601"


def _tone_map(video: Video) -> list[str]:
    """Scales first, for every pixel costs; then light as it is, what is too bright pressed together, and back."""
    largest = ladder(video.width, video.height)[0]
    size = f"w={largest.width}:h={largest.height}"
    peak = max(1.0, video.peak_nits / 100)
    return [
        f"zscale={size}:{_input(video, video.transfer)}:t=linear:npl=100",
        "format=gbrpf32le,zscale=p=bt709",
        f"tonemap=hable:desat=0:peak={peak:g}",
        "zscale=t=bt709:m=bt709:r=limited",
    ]


def _input(video: Video, transfer: str) -> str:
    """What the picture is, said again: where a file names only half of it, zscale finds no way."""
    space = video.space if video.space not in {"", "unknown", "reserved"} else "bt2020nc"
    primaries = video.primaries if video.primaries not in {"", "unknown", "reserved"} else "bt2020"
    came = "full" if video.full_range else "limited"
    return f"min={space}:pin={primaries}:tin={transfer}:rin={came}"
