"""Makes films as people hand them over, small and short, with the packaged ffmpeg."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

from matinee.ingest.toolchain import installed

TOOLS = installed()
ALL_PLAYED = os.environ.get("PLAYED") == "all"
TWO_SEGMENTS_S = 5.0
SECONDS = TWO_SEGMENTS_S if ALL_PLAYED else 2.0

MOMENT_S, FLASH_S = 1.0, 0.2
H264 = ("-c:v", "libx264", "-preset", "ultrafast")
H264_420 = (*H264, "-pix_fmt", "yuv420p")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
AAC = ("-c:a", "aac", "-b:a", "96k")
OPUS = ("-c:a", "libopus", "-b:a", "96k")
USUAL = (*H264_420, *AAC)

Make = Callable[[Path], object]


def ffmpeg(*arguments: str | Path) -> None:
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def scene(
    width: int = 320, height: int = 180, rate: str = "24", seconds: float = SECONDS, flash: float = MOMENT_S
) -> tuple[str, ...]:
    """A white circle in the middle of grey, two thirds as high as the picture, and something that moves in a corner. At `flash`
    all is white for a moment."""
    circle = "lum='if(lte(hypot(X-(W-1)/2,Y-(H-1)/2),H/3),225,90)':cb=128:cr=128"
    still = f"color=gray:size={width}x{height}:rate={rate},format=yuv444p,trim=end_frame=1,geq={circle}"
    still += f",loop=loop=-1:size=1:start=0,setpts=N/({rate})/TB"
    side = max(16, width // 4), max(16, height // 4)
    moving = f"testsrc2=size={side[0]}x{side[1]}:rate={rate}:duration={seconds},format=yuv444p"
    graph = f"{still}[c];{moving}[m];[c][m]overlay=0:0:shortest=1:format=yuv444,{lit(flash)}"
    return ("-f", "lavfi", "-i", graph)


def moving(rate: str, seconds: float = SECONDS) -> tuple[str, ...]:
    """Something that moves all over, but for the flash."""
    return ("-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={rate}:duration={seconds},{lit(MOMENT_S)}")


def lit(flash: float) -> str:
    """The frames from there on for a moment are white."""
    white = "drawbox=t=fill:color=white:x=0:y=0:w=iw:h=ih"
    return f"{white}:enable='between(t,{flash - 0.001},{flash + FLASH_S - 0.001})'"


def beep(
    at: float = MOMENT_S,
    seconds: float = SECONDS,
    *,
    hertz: int = 1000,
    layout: str = "stereo",
    gain: float = 0.12,
    hiss: float = 0,
) -> tuple[str, ...]:
    """Silence, or a hiss, but for a moment."""
    count = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    loud = f"between(t,{at},{at + FLASH_S})"
    channels = "|".join([f"{loud}*{gain}*sin({hertz}*2*PI*t)+{hiss}*(2*random(0)-1)"] * count)
    return ("-f", "lavfi", "-i", f"aevalsrc='{channels}':channel_layout={layout}:sample_rate=48000:duration={seconds}")


def film(*options: str, picture: tuple[str, ...] = (), sound: tuple[str, ...] | None = None) -> Make:
    """A scene with its flash and a beep, encoded with these options."""

    def make(path: Path) -> None:
        ffmpeg(*(picture or scene()), *(beep() if sound is None else sound), *(options or USUAL), f"file:{path}")

    return make


def then(first: Make, *changes: Make) -> Make:
    def make(path: Path) -> None:
        for step in (first, *changes):
            step(path)

    return make


def cut_at(part: float) -> Make:
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])


def damaged(path: Path) -> None:
    """Noise in the middle."""
    data = path.read_bytes()
    start, end = len(data) * 2 // 5, len(data) * 3 // 5
    noise = random.Random(1).randbytes(end - start)
    path.write_bytes(data[:start] + noise + data[end:])


def remade(*options: str, before: tuple[str, ...] = ()) -> Make:
    """The film written anew, without encoding; `before` stands before its name."""

    def change(path: Path) -> None:
        old = path.with_name(f"before-{path.name}")
        path.rename(old)
        ffmpeg(*before, "-i", f"file:{old}", "-c", "copy", *options, f"file:{path}")

    return change


def turned(degrees: int) -> Make:
    return remade(before=("-display_rotation", str(degrees)))


def high_range(transfer: str, more: str = "") -> Make:
    """Ten bits of BT.2020 in a HDR transfer."""
    tags = f"setparams=range=tv:color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc"
    return film("-vf", f"format=yuv420p10le,{tags}", *HEVC, f"log-level=none{more}", *AAC)


def interlaced(order: str) -> Make:
    """Fifty half pictures a second."""
    weave = f"tinterlace=interleave_{order},fieldorder={order[0]}ff"
    coding = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "3", "-pix_fmt", "yuv420p", "-c:a", "mp2")
    return film("-vf", weave, *coding, picture=moving("50"))


def claims_ten_hours(path: Path) -> None:
    """Writes ten hours over every length in an MP4 file's header (ISO/IEC 14496-12: mvhd, tkhd, mdhd, elst), or into Matroska's."""
    data = bytearray(path.read_bytes())
    boxes = ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20), (b"elst", 12))
    places = [at + behind for name, behind in boxes for at in _all(data, name)]
    for at in places:
        struct.pack_into(">I", data, at, 36_000_000)
    for at in _all(data, b"\x44\x89\x88"):
        struct.pack_into(">d", data, at + 3, 36_000_000.0)
        places.append(at)
    assert places
    path.write_bytes(data)


def _all(data: bytearray, name: bytes) -> list[int]:
    found: list[int] = []
    at = data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


def many_sounds(path: Path) -> None:
    """Six tracks: three languages, two kinds of description, a commentary."""
    about = [("eng", "default", ""), ("ger", "0", ""), ("fre", "0", ""), ("eng", "visual_impaired", "")]
    about += [("eng", "comment", ""), ("ger", "0", "Audio description")]
    words: list[str] = ["-map", "0"]
    inputs: list[str] = []
    for place, (language, flag, title) in enumerate(about):
        inputs += beep(hertz=1000 + 100 * place, layout="mono")
        words += ["-map", str(place + 1), f"-metadata:s:a:{place}", f"language={language}"]
        words += [f"-disposition:a:{place}", flag, f"-metadata:s:a:{place}", f"title={title}"]
    ffmpeg(*scene(), *inputs, *words, *USUAL, f"file:{path}")


def with_text(path: Path) -> None:
    """Three tracks of the same words: English, German forced, English for the hard of hearing."""
    words = path.with_name("words.srt")
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "2", "-map", "2")
    flags = ("-disposition:s:1", "forced", "-disposition:s:2", "hearing_impaired")
    languages = [
        word
        for place, code in enumerate(("eng", "ger", "eng"))
        for word in (f"-metadata:s:s:{place}", f"language={code}")
    ]
    ffmpeg(*scene(), *beep(), "-i", words, *maps, *USUAL, *flags, *languages, f"file:{path}")


def with_drawn_text(path: Path) -> None:
    drawn = path.with_name("drawn.sup")
    drawn.write_bytes(_drawn())
    ffmpeg(
        *scene(), *beep(), "-i", drawn, *("-map", "0", "-map", "1", "-map", "2"), *USUAL, "-c:s", "copy", f"file:{path}"
    )


def _drawn() -> bytes:
    """A line of text as Blu-ray discs draw it (PGS): eight by two points, shown at half a second, gone a second later."""

    def segment(kind: int, at_ms: int, body: bytes = b"") -> bytes:
        return b"PG" + struct.pack(">IIBH", at_ms * 90, 0, kind, len(body)) + body

    window = struct.pack(">BBHHHH", 1, 0, 10, 10, 8, 2)
    line = bytes([1] * 8 + [0, 0])
    picture = struct.pack(">HBB", 0, 0, 0xC0) + (2 * len(line) + 4).to_bytes(3) + struct.pack(">HH", 8, 2) + 2 * line
    placed = struct.pack(">HBBHH", 0, 0, 0, 10, 10)
    shown = struct.pack(">HHBHBBBB", 320, 180, 0x10, 0, 0x80, 0, 0, 1) + placed
    gone = struct.pack(">HHBHBBBB", 320, 180, 0x10, 1, 0, 0, 0, 0)
    palette = bytes([0, 0, 1, 235, 128, 128, 255])
    first = [(0x16, shown), (0x17, window), (0x14, palette), (0x15, picture), (0x80, b"")]
    last = [(0x16, gone), (0x17, window), (0x80, b"")]
    return b"".join(
        [*(segment(kind, 500, body) for kind, body in first), *(segment(kind, 1500, body) for kind, body in last)]
    )


def with_cover(path: Path) -> None:
    """The cover comes first of the tracks."""
    cover = path.with_name("cover.png")
    ffmpeg("-f", "lavfi", "-i", "color=red:size=100x100", "-frames:v", "1", cover)
    maps = ("-map", "2", "-map", "0", "-map", "1", "-disposition:v:0", "attached_pic")
    ffmpeg(*scene(), *beep(), "-i", cover, *maps, "-c:v:0", "copy", "-c:v:1", *H264_420[1:], *AAC, f"file:{path}")


def cover_alone(path: Path) -> None:
    cover = path.with_name("cover.jpg")
    ffmpeg("-f", "lavfi", "-i", "color=red:size=100x100", "-frames:v", "1", cover)
    ffmpeg(
        *beep(),
        "-i",
        cover,
        *("-map", "0", "-map", "1"),
        "-c:v",
        "copy",
        "-disposition:v:0",
        "attached_pic",
        f"file:{path}",
    )


def text_alone(path: Path) -> None:
    words = path.with_name("words.srt")
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    ffmpeg("-i", words, f"file:{path}")


def bomb(path: Path) -> None:
    """Matroska with a text track whose blocks, a few kilobytes each, grow to nine megabytes when they are unpacked."""

    def element(kind: int, body: bytes) -> bytes:
        return kind.to_bytes((kind.bit_length() + 7) // 8) + (1 << 56 | len(body)).to_bytes(8) + body

    def number(kind: int, value: int) -> bytes:
        return element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))

    frame = path.with_name("frame.jpg")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1", "-pix_fmt", "yuvj420p", frame)
    head = element(0x1A45DFA3, element(0x4282, b"matroska") + number(0x4287, 4) + number(0x4285, 2))
    info = element(0x1549A966, number(0x2AD7B1, 1_000_000))
    size = element(0xE0, number(0xB0, 320) + number(0xBA, 180))
    shown = (
        number(0xD7, 1) + number(0x73C5, 1) + number(0x83, 1) + element(0x86, b"V_MJPEG") + number(0x23E383, 40_000_000)
    )
    packed = element(
        0x6D80, element(0x6240, number(0x5031, 0) + number(0x5032, 1) + element(0x5034, number(0x4254, 0)))
    )
    read = number(0xD7, 2) + number(0x73C5, 2) + number(0x83, 17) + element(0x86, b"S_TEXT/UTF8") + packed
    tracks = element(0x1654AE6B, element(0xAE, shown + size) + element(0xAE, read))
    words = zlib.compress(b"A" * 9_000_000, 9)
    blocks = [
        element(0xA3, b"\x81" + struct.pack(">h", at) + b"\x80" + frame.read_bytes()) for at in range(0, 2000, 40)
    ]
    for at in range(0, 2000, 40):
        block = element(0xA1, b"\x82" + struct.pack(">h", at) + b"\x00" + words)
        blocks.append(element(0xA0, block + number(0x9B, 40)))
    path.write_bytes(
        head + element(0x18538067, info + tracks + element(0x1F43B675, number(0xE7, 0) + b"".join(blocks)))
    )


def drawing(path: Path) -> None:
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="900"><image href="file:///etc/passwd"/></svg>'
    )


def hundred_megapixels(path: Path) -> None:
    """A black PNG picture of ten thousand by ten thousand points, in a few kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10_000 * (1 + 1250)), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
