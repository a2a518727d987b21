from __future__ import annotations

import subprocess
from pathlib import Path

from matinee.ingest.inspection.review import review
from matinee.ingest.source import Source, Video
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes
from matinee.terms.finding import Finding, FindingKind

TOOLS = installed()


async def reviewed(path: Path, seconds: int, picture: str) -> list[Finding]:
    film = [TOOLS.ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-t", str(seconds)]
    subprocess.run([*film, "-c:v", "libx264", "-preset", "ultrafast", str(path)], check=True, timeout=60)
    source = Source(seconds * 1000, 1, "mp4", Video(0, "h264", 128, 72, "12", seconds * 1000))
    return await review(Processes(0), TOOLS, path, source)


async def test_where_it_is_black_and_where_it_stands_still(tmp_path: Path) -> None:
    black = "drawbox=enable='between(t,2,4.5)+gt(t,27)':t=fill:color=black:x=0:y=0:w=iw:h=ih"
    picture = f"testsrc2=size=128x72:rate=12,{black},loop=loop=108:size=1:start=120"
    found = await reviewed(tmp_path / "f.mp4", 40, picture)
    assert [(one.kind, one.mended) for one in found] == [(FindingKind.BLACK, False), (FindingKind.FROZEN, False)]
    assert found[0].message == "The picture is black at 0:02 and 0:36."
    assert [(round(one.start_ms, -2), round(one.end_ms, -2)) for one in found[0].at] == [(2000, 4600), (36100, 40000)]
    assert found[1].message == "The picture stands still at 0:10."
    still, *more = found[1].at
    assert (10000 <= still.start_ms <= 11000, round(still.end_ms, -2), more) == (True, 19000, [])


async def test_a_moving_picture_has_nothing_to_say(tmp_path: Path) -> None:
    assert await reviewed(tmp_path / "f.mp4", 9, "testsrc2=size=128x72:rate=12") == []


async def test_one_picture_for_the_whole_film(tmp_path: Path) -> None:
    found = await reviewed(tmp_path / "f.mp4", 10, "color=red:size=128x72:rate=12")
    assert [one.message for one in found] == ["The whole film is one still picture."]
    found = await reviewed(tmp_path / "f.mp4", 10, "color=black:size=128x72:rate=12")
    assert [one.message for one in found] == ["The whole film is black."]
