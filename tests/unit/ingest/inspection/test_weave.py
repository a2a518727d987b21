from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from matinee.ingest.inspection import inspect
from matinee.ingest.inspection.weave import Combs, Weave, weave
from matinee.ingest.source import Video
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes

TOOLS = installed()
NTSC = Fraction(30_000, 1001)

WHOLE, STILL = Combs(90, 10, 90, 90, 90), Combs(60, 60, 60, 60, 60)
UPPER, LOWER = Combs(10, 10, 90, 90, 10), Combs(90, 10, 10, 10, 90)
TELECINE = [Combs(60, 60, 150, 60, 160), Combs(160, 60, 160, 150, 60), *2 * [Combs(60, 160, 230, 160, 60)], WHOLE]
"""Five frames as a telecine makes them of four, the upper half first."""


def look(*frames: Combs, begin: int = 0) -> list[Combs]:
    return [frames[(begin + place) % len(frames)] for place in range(12)]


INTERLACED, PROGRESSIVE, STANDING = look(UPPER), look(WHOLE), look(STILL)
TELECINED = [look(*TELECINE, begin=begin) for begin in range(5)]


@pytest.mark.parametrize(
    ("looks", "claimed", "found"),
    [
        ([PROGRESSIVE] * 12, True, Weave()),
        ([INTERLACED] * 12, False, Weave(upper_first=True)),
        ([look(LOWER)] * 12, False, Weave(upper_first=False)),
        ([INTERLACED] * 3 + [PROGRESSIVE] * 9, False, Weave(upper_first=True)),
        ([INTERLACED] * 2 + [PROGRESSIVE] * 10, False, Weave()),
        ([INTERLACED] * 2 + [STANDING] * 10, False, Weave(upper_first=True)),
        ([INTERLACED] + [STANDING] * 11, False, Weave()),
        ([INTERLACED] + [STANDING] * 11, True, Weave(upper_first=True)),
        ([INTERLACED, look(LOWER)] * 6, False, Weave()),
        ([look(WHOLE, WHOLE, UPPER, LOWER)] * 12, False, Weave()),
        ([STANDING] * 12, False, Weave()),
        ([STANDING] * 12, True, Weave(upper_first=True)),
        (TELECINED, False, Weave(upper_first=True, telecined=True)),
        (TELECINED + [STANDING] * 7, True, Weave(upper_first=True, telecined=True)),
        (TELECINED[:2] + [STANDING] * 7, False, Weave(upper_first=True)),
        ([*TELECINED * 2, INTERLACED], True, Weave(upper_first=True)),
        ([*TELECINED * 2, PROGRESSIVE], False, Weave(upper_first=True)),
        ([look(Combs(60, 160, 230, 160, 60))] * 12, False, Weave()),
        ([], False, Weave()),
    ],
    ids=[
        "progressive", "interlaced", "the lower half first", "a quarter", "a sixth", "where something moves", "a single place",
        "a single place, claimed", "at odds", "now and then", "nothing moves", "nothing moves, claimed", "telecined",
        "telecined where something moves", "seldom telecined", "telecined and interlaced", "telecined and not", "no cadence",
        "nothing seen",
    ],
)  # fmt: skip
def test_how_a_film_is_woven(looks: list[list[Combs]], claimed: bool, found: Weave) -> None:
    assert weave(looks, NTSC, claimed=claimed, steady=True) == found


@pytest.mark.parametrize(("rate", "steady"), [(Fraction(25), True), (NTSC, False)])
def test_only_a_steady_film_at_thirty_a_second_is_telecined(rate: Fraction, steady: bool) -> None:
    assert weave(TELECINED, rate, claimed=False, steady=steady) == Weave(upper_first=True)


BALL = "color=gray:s=320x240:r={rate}[b];color=white:s=24x24:r={rate}[c];[b][c]overlay=x=4*n:y=100"
"""A small thing that moves before a large one that does not."""
STRIPES = "color=gray:s=320x240:r=30,geq=lum='60+100*mod(Y,2)':cb=128:cr=128"
CLIMBING = "testsrc2=s=320x480:r=30,select=eq(n\\,0),loop=-1:1,setpts=N/30/TB,crop=320:240:0:n"


async def made(path: Path, graph: str, rate: str) -> Video:
    """Of a film without a word on what its frames are made of."""
    coding = ("-t", "2", "-r", rate, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", "-filter_complex", graph, *coding, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return (await inspect.inspect(Processes(0), TOOLS, path)).video


@pytest.mark.parametrize(
    ("graph", "rate", "interlaced"),
    [
        (BALL.format(rate=50) + ",tinterlace=interleave_top", "25", True),
        (BALL.format(rate=25), "25", False),
        (STRIPES, "30", False),
        (CLIMBING, "30", False),
    ],
    ids=["little moves", "progressive", "stripes", "climbing titles"],
)
async def test_what_no_file_says_is_seen(tmp_path: Path, graph: str, rate: str, interlaced: bool) -> None:
    video = await made(tmp_path / "f.mp4", graph, rate)
    assert (video.interlaced, video.bottom_first, video.frame_rate) == (interlaced, False, rate)


@pytest.mark.parametrize("first", ["top", "bottom"])
async def test_a_telecined_film_is_known_by_its_cadence(tmp_path: Path, first: str) -> None:
    graph = BALL.format(rate="24000/1001") + f",telecine=first_field={first}"
    video = await made(tmp_path / "f.mp4", graph, "30000/1001")
    assert (video.telecined, video.bottom_first, video.frame_rate) == (True, first == "bottom", "24000/1001")
