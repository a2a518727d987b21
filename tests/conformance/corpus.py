"""Films as people hand them over, each with what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from films import (
    AAC,
    H264,
    H264_420,
    HEVC,
    MOMENT_S,
    OPUS,
    SECONDS,
    TWO_SEGMENTS_S,
    USUAL,
    Make,
    beep,
    bomb,
    claims_ten_hours,
    cover_alone,
    cut_at,
    damaged,
    film,
    high_range,
    interlaced,
    many_sounds,
    remade,
    scene,
    text_alone,
    then,
    turned,
    with_cover,
    with_drawn_text,
    with_text,
)

from matinee.ingest.inspection import inspect
from matinee.terms.finding import FindingKind as Kind
from matinee.terms.rendition import Role

MAIN = ("und", 2, Role.MAIN)
NO_SOUND = "It has no sound."


@dataclass(frozen=True)
class Case:
    """It ends as a title whose best rung has this `size` and rate, that lasts `seconds`, with these tracks and findings.
    `circle` is how much of the picture's height the circle in it fills; zero where there is none. At `flash` seconds all is white,
    and it beeps in every track, unless `unsynced` says why not."""

    make: Make
    suffix: str = "mp4"
    size: tuple[int, int] = (320, 180)
    rate: str = "24"
    seconds: float = SECONDS
    sounds: tuple[tuple[str, int, Role], ...] = (MAIN,)
    texts: tuple[tuple[str, Role], ...] = ()
    findings: frozenset[Kind] = frozenset()
    circle: float = 2 / 3
    flash: float = MOMENT_S
    unsynced: str = ""
    rungs: int = 1


@dataclass(frozen=True)
class Refused:
    """It ends with one sentence."""

    make: Make
    sentence: str
    suffix: str = "mp4"


def found(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


def vp8(path: Path) -> None:
    film("-c:v", "libvpx", "-b:v", "500k", "-pix_fmt", "yuv420p", *OPUS)(path)


PRORES = ("-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s24le")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "4", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "ac3")
UNEVEN = ("-vf", f"select='lt(t,{0.35 * SECONDS})+not(mod(n,2))'", "-fps_mode", "vfr", *USUAL)
SECOND = ("-map", "0", "-map", "2", "-map", "1", "-disposition:v:0", "0", "-disposition:v:1", "default", *USUAL)
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "4", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "mp2")
LETTERBOX = ("-vf", "pad=320:180:0:22", *USUAL)
LONG = {"picture": scene(seconds=TWO_SEGMENTS_S), "sound": beep(seconds=TWO_SEGMENTS_S)}
LONGER = {"picture": scene(seconds=SECONDS + 1), "sound": beep(seconds=SECONDS + 1)}
LATE_S = SECONDS - 0.375
LATE = film(*USUAL, "-g", "12", picture=scene(flash=LATE_S), sound=beep(LATE_S, hiss=0.004))
HDR10 = ":hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=600,200"

TITLES: dict[str, Case] = {
    "usual": Case(film(**LONG), seconds=TWO_SEGMENTS_S),
    "larger": Case(film(picture=scene(640, 360)), size=(640, 360), rungs=2),
    # what the header says
    "ten hours claimed, mp4": Case(then(film(), claims_ten_hours)),
    "ten hours claimed, mkv": Case(then(film(), claims_ten_hours), "mkv", findings=found(Kind.CLAIM)),
    "truncated stream": Case(then(film(**LONGER), cut_at(0.6)), "ts", seconds=0, circle=0),
    "damaged in the middle": Case(then(LATE, damaged), circle=0, flash=LATE_S, findings=found(Kind.DAMAGE)),
    "damaged stream": Case(then(LATE, damaged), "ts", circle=0, flash=LATE_S, findings=found(Kind.DAMAGE)),
    # short
    "shorter than a segment": Case(film(picture=scene(seconds=1, flash=0.5), sound=beep(0.5, 1)), seconds=1, flash=0.5),
    "one frame with sound": Case(film("-vf", "trim=end_frame=1", *USUAL), unsynced="Nothing but the first frame is shown."),
    # size and shape
    "853x479": Case(film(*H264, *AAC, picture=scene(853, 479)), size=(852, 478), findings=found(Kind.DEPTH), rungs=3),
    "321x241": Case(film(*H264, *AAC, picture=scene(321, 241)), size=(320, 240), findings=found(Kind.DEPTH), rungs=1),
    "smaller than the lowest rung": Case(film(picture=scene(160, 90)), size=(160, 90)),
    "portrait, turned": Case(then(film(), turned(90)), size=(180, 320), circle=120 / 320, findings=found(Kind.TURNED)),
    "portrait, turned right": Case(then(film(), turned(-90)), size=(180, 320), circle=120 / 320, findings=found(Kind.TURNED)),
    "upside down": Case(then(film(), turned(180)), findings=found(Kind.TURNED)),
    "2.35:1": Case(film(picture=scene(400, 170)), size=(400, 170)),
    "letterbox": Case(film(*LETTERBOX, picture=scene(320, 136)), size=(320, 136), findings=found(Kind.BORDERS)),
    "pillarbox": Case(
        film("-vf", "pad=320:180:40:0", *USUAL, picture=scene(240, 180)), size=(240, 180), findings=found(Kind.BORDERS)
    ),
    "letterbox, turned": Case(
        then(film(*LETTERBOX, picture=scene(320, 136)), turned(90)),
        size=(136, 320), circle=2 / 3 * 136 / 320, findings=found(Kind.BORDERS, Kind.TURNED),
    ),
    "anamorphic, wide": Case(
        film("-vf", "scale=180:144,setsar=64/45", *USUAL, picture=scene(256, 144)),
        size=(256, 144), findings=found(Kind.PIXEL_ASPECT),
    ),
    "anamorphic, narrow": Case(
        film("-vf", "scale=180:120,setsar=8/9", *USUAL, picture=scene(180, 135)),
        size=(180, 134), findings=found(Kind.PIXEL_ASPECT),
    ),
    "anamorphic, turned": Case(
        then(film("-vf", "scale=180:144,setsar=64/45", *USUAL, picture=scene(256, 144)), turned(90)),
        size=(144, 256), circle=96 / 256, findings=found(Kind.PIXEL_ASPECT, Kind.TURNED),
    ),
    "anamorphic, letterbox": Case(
        film("-vf", "pad=256:192:0:24,scale=180:192,setsar=64/45", *USUAL, picture=scene(256, 144)),
        size=(256, 144), findings=found(Kind.PIXEL_ASPECT, Kind.BORDERS),
    ),
    "absurd pixels": Case(film("-vf", "setsar=1/50", *USUAL), findings=found(Kind.PIXEL_ASPECT)),
    # depth and colour
    "4:4:4": Case(film(*H264, "-pix_fmt", "yuv444p", *AAC), findings=found(Kind.DEPTH)),
    "10 bit": Case(film(*H264, "-pix_fmt", "yuv420p10le", *AAC), findings=found(Kind.DEPTH)),
    "12 bit": Case(film(*HEVC, "log-level=none", "-pix_fmt", "yuv420p12le", *AAC), findings=found(Kind.DEPTH)),
    "4:2:2 10 bit": Case(film(*PRORES), "mov", findings=found(Kind.DEPTH)),
    "HDR10": Case(high_range("smpte2084", HDR10), findings=found(Kind.DEPTH, Kind.HIGH_RANGE)),
    "HLG": Case(high_range("arib-std-b67"), findings=found(Kind.DEPTH, Kind.HIGH_RANGE)),
    "BT.2020": Case(high_range("bt709"), findings=found(Kind.DEPTH, Kind.COLOUR)),
    "full range": Case(
        film("-vf", "scale=out_range=full,format=yuvj420p", *H264, "-color_range", "pc", *AAC), findings=found(Kind.COLOUR)
    ),
    "interlaced": Case(interlaced("top"), "mpg", rate="25", circle=0, findings=found(Kind.INTERLACED)),
    "interlaced, bottom first": Case(interlaced("bottom"), "mpg", rate="25", circle=0, findings=found(Kind.INTERLACED)),
    # codecs and containers
    "VP8 in WebM": Case(vp8, "webm"),
    "VP9 in WebM": Case(film("-c:v", "libvpx-vp9", "-b:v", "500k", "-deadline", "realtime", "-pix_fmt", "yuv420p", *OPUS), "webm"),
    "AV1 in Matroska": Case(film("-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p", *OPUS), "mkv"),
    "AV1 in MP4": Case(film("-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p", *AAC)),
    "HEVC": Case(film(*HEVC, "log-level=none", "-pix_fmt", "yuv420p", *AAC)),
    "MPEG-2 in MPEG-PS": Case(film(*MPEG2), "mpg"),
    "MPEG-2 in MPEG-TS": Case(film(*MPEG2), "ts"),
    "VOB": Case(film(*MPEG2[:-1], "ac3"), "vob"),
    "MPEG-4 part 2 in AVI": Case(film(*MPEG4), "avi"),
    "H.264 in AVI": Case(film(*H264_420, "-bf", "2", "-c:a", "pcm_s16le"), "avi"),
    "Windows Media": Case(film("-c:v", "wmv2", "-pix_fmt", "yuv420p", "-c:a", "wmav2"), "wmv"),
    "Flash video": Case(film(), "flv"),
    "QuickTime with PCM": Case(film(*H264_420, "-c:a", "pcm_s16le"), "mov"),
    "Motion JPEG": Case(film("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"), "avi", findings=found(Kind.COLOUR)),
    "fragmented MP4": Case(film(*USUAL, "-movflags", "+frag_keyframe+empty_moov", "-g", "12")),
    # rates and times
    "10 a second": Case(film(picture=scene(rate="10", seconds=SECONDS + 1), sound=LONGER["sound"]), rate="10", seconds=SECONDS + 1),
    "12.5 a second": Case(film(picture=scene(rate="25/2", flash=1.04), sound=beep(1.04)), rate="25/2", flash=1.04),
    "29.97 a second": Case(
        film(picture=scene(rate="30000/1001", seconds=TWO_SEGMENTS_S * 1.001), sound=LONG["sound"]),
        rate="30000/1001", seconds=TWO_SEGMENTS_S * 1.001,
    ),
    "59.94 a second": Case(
        film(picture=scene(rate="60000/1001", seconds=SECONDS * 1.001)), "mkv", rate="60000/1001", seconds=SECONDS * 1.001
    ),
    "120 a second": Case(film(picture=scene(rate="120")), rate="60", findings=found(Kind.RATE)),
    "variable rate": Case(
        film(*UNEVEN, picture=scene(rate="30")),
        rate="30", findings=found(Kind.VARIABLE_RATE),
    ),
    "variable rate, Matroska": Case(
        film(*UNEVEN, picture=scene(rate="30")),
        "mkv", rate="30", findings=found(Kind.VARIABLE_RATE),
    ),
    "edit list": Case(
        then(
            film(picture=scene(seconds=SECONDS + 0.75, flash=1.75), sound=beep(1.75, SECONDS + 0.75)),
            remade(before=("-ss", "0.75")),
        )
    ),
    "starts at five seconds, Matroska": Case(film(*USUAL, "-output_ts_offset", "5"), "mkv"),
    "starts at five seconds, MP4": Case(film(*USUAL, "-output_ts_offset", "5")),
    "picture begins late, MPEG-TS": Case(
        film(picture=("-itsoffset", "0.5", *scene(seconds=SECONDS - 0.5, flash=0.5))), "ts", findings=found(Kind.OFFSET)
    ),
    "sound begins late, MPEG-PS": Case(
        film(*MPEG2, sound=("-itsoffset", "0.5", *beep(0.5, SECONDS - 0.5))), "mpg", findings=found(Kind.OFFSET)
    ),
    "picture begins late": Case(
        film(picture=("-itsoffset", "0.5", *scene(seconds=SECONDS - 0.5, flash=0.5))), findings=found(Kind.OFFSET)
    ),
    "sound begins late": Case(
        film(sound=("-itsoffset", "0.5", *beep(0.5, SECONDS - 0.5))), findings=found(Kind.OFFSET)
    ),
    "sound goes on": Case(film(sound=LONGER["sound"]), seconds=SECONDS + 1),
    # tracks
    "two pictures": Case(
        film(*SECOND, sound=(*beep(), *scene(160, 90))),
        size=(160, 90), findings=found(Kind.EXTRA_PICTURE),
    ),
    "cover": Case(with_cover),
    "six sounds": Case(
        many_sounds, "mkv",
        sounds=(
            ("en", 2, Role.MAIN), ("de", 2, Role.MAIN), ("fr", 2, Role.MAIN),
            ("en", 2, Role.DESCRIPTION), ("en", 2, Role.COMMENTARY), ("de", 2, Role.DESCRIPTION),
        ),
    ),
    "mono": Case(film(sound=beep(layout="mono"))),
    "5.1": Case(film(sound=beep(layout="5.1", gain=0.05)), sounds=(MAIN, ("und", 6, Role.MAIN))),
    "no sound": Case(film(*H264_420, sound=()), sounds=(), unsynced=NO_SOUND, findings=found(Kind.NO_SOUND)),
    "silent": Case(film(sound=beep(gain=0)), unsynced="It has nothing to hear.", findings=found(Kind.SILENT)),
    "loud": Case(film(sound=beep(gain=0.9)), findings=found(Kind.LOUDNESS)),
    "text inside": Case(with_text, "mkv", texts=(("en", Role.MAIN), ("de", Role.FORCED), ("en", Role.CAPTION))),
    "drawn text inside": Case(with_drawn_text, "mkv", findings=found(Kind.PICTURE_TEXT)),
    "bomb of text inside": Case(
        bomb, "mkv", rate="25", seconds=2, sounds=(), circle=0, unsynced=NO_SOUND, findings=found(Kind.NO_SOUND, Kind.COLOUR)
    ),
}  # fmt: skip

REFUSED: dict[str, Refused] = {
    "no video": Refused(text_alone, inspect.NO_VIDEO, "mkv"),
    "truncated": Refused(then(film(), cut_at(0.6)), inspect.TRUNCATED),
    "truncated, header first": Refused(then(film(*USUAL, "-movflags", "+faststart"), cut_at(0.6)), inspect.TRUNCATED),
    "truncated Matroska": Refused(then(film(), cut_at(0.6)), inspect.TRUNCATED, "mkv"),
    "truncated WebM": Refused(then(vp8, cut_at(0.6)), inspect.TRUNCATED, "webm"),
    "truncated AVI": Refused(then(film(), cut_at(0.6)), inspect.TRUNCATED, "avi"),
    "truncated fragments": Refused(
        then(film(*USUAL, "-movflags", "+frag_keyframe+empty_moov", "-g", "12"), cut_at(0.6)), inspect.TRUNCATED
    ),
    "damaged Matroska": Refused(then(film(), damaged), inspect.DAMAGED.format("0:00"), "mkv"),
    "empty": Refused(lambda path: path.touch(), inspect.EMPTY),
    "text": Refused(lambda path: path.write_text("Dear editor, this is no film.\n" * 40), inspect.UNREADABLE),
    "noise": Refused(lambda path: path.write_bytes(bytes(range(256)) * 100), inspect.UNREADABLE),
    "picture": Refused(
        film("-frames:v", "1", "-f", "image2", "-c:v", "png", sound=()), inspect.UNREADABLE
    ),
    "sound alone": Refused(film(*AAC, picture=beep(), sound=()), inspect.AUDIO_ONLY, "m4a"),
    "sound with a cover": Refused(cover_alone, inspect.AUDIO_ONLY, "m4a"),
    "one frame": Refused(film("-frames:v", "1", *H264_420, sound=()), inspect.TOO_SHORT),
    "tiny": Refused(film(*USUAL, picture=("-f", "lavfi", "-i", "color=red:size=8x8:duration=1")), inspect.TOO_SMALL),
}  # fmt: skip

NAMES = [
    "two words.mp4",
    "it's \"quoted\", isn't it.mp4",
    "new\nline.mp4",
    "🎬 film.mp4",
    "フィルム و фильм.mp4",
    "-i.mp4",
    "100%d $HOME `x`;*.mp4",
    "concat:a|b.mp4",
]
