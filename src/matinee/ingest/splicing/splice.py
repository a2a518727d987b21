"""Makes one film of a film in several files, so that all that comes after knows of one alone.

Where the parts are alike their pictures are copied, and it is looked at whether each stands where it should; else they are made
alike. What the film says in text is read part by part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest import subtitles
from matinee.ingest.encoding.join import failure
from matinee.ingest.inspection import packets
from matinee.ingest.inspection.probe import probe
from matinee.ingest.splicing import captions, chapters
from matinee.ingest.splicing import parts as parted
from matinee.ingest.splicing.command import Splice
from matinee.ingest.splicing.parts import Part
from matinee.ingest.subtitles import Captions
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Ended, Programs
from matinee.terms.finding import Finding
from matinee.terms.finding import FindingKind as Kind

FILM = "film.mkv"
_LOOKING = 0.3
_OFF_S = 0.002
"""What times that are told in milliseconds may be off after they were rounded twice."""

_LOST = {Kind.CLAIM, Kind.EXTRA_PICTURE, Kind.EXTRA_SOUND, Kind.TEXT, Kind.PICTURE_TEXT, Kind.OFFSET}
"""What nobody finds any more in the joined film."""


class Spliced(Struct, frozen=True):
    """`starts_ms` are the parts' starts and the film's end; `texts` the film's own text tracks, at the times of the whole."""

    starts_ms: list[int]
    texts: list[Captions]
    findings: list[Finding]


async def splice(
    programs: Programs,
    tools: Toolchain,
    paths: Sequence[Path],
    into: Path,
    check_room: Callable[[int], None],
    progress: Callable[[float], None],
) -> Spliced:
    """Writes the file `FILM` into the folder `into`, which is otherwise left as it was.

    Raises Invalid with one sentence where a part cannot be prepared, or two of them are no one film; OutOfSpace.
    """
    parts: list[Part] = []
    for number, path in enumerate(paths, 1):
        parts.append(await parted.look(programs, tools, path, number))
        progress(_LOOKING * number / len(paths))
    work = _Work(programs, tools, parts, into, lambda fraction: progress(_LOOKING + (1 - _LOOKING) * fraction))
    said = await work.join(check_room)
    texts, unread = await work.texts()
    return Spliced(work.starts_ms, texts, [*said, *_of_parts(parts), *unread])


class _Work:
    def __init__(
        self, programs: Programs, tools: Toolchain, parts: Sequence[Part], into: Path, progress: Callable[[float], None]
    ) -> None:
        self._programs = programs
        self._tools = tools
        self._parts = parts
        self._into = into
        self._progress = progress
        self._rate = max(part.source.video.rate for part in parts)
        self._starts = parted.starts(parts, self._rate)
        self._splice = Splice(parts, self._starts, self._rate, parted.sounds(parts))
        self.starts_ms = [round(frame / self._rate * 1000) for frame in self._starts]

    async def join(self, check_room: Callable[[int], None]) -> list[Finding]:
        """What is to be said of it."""
        found = chapters.joined([part.source.chapters for part in self._parts], self.starts_ms[:-1])
        listed = chapters.written(found, self.starts_ms[-1])
        near = self._into / "lists"
        near.mkdir()
        try:
            if parted.can_be_copied(self._parts):
                check_room(self._splice.expected_bytes(copied=True))
                ended = await self._run(self._splice.copying(self._tools, near, listed))
                if ended.disk_full:
                    raise failure(ended)
                if ended.code == 0 and await self._is_exact():
                    return []
            check_room(self._splice.expected_bytes(copied=False))
            ended = await self._run(self._splice.conforming(self._tools, near, listed))
            if ended.code != 0:
                raise failure(ended)
        finally:
            await asyncio.to_thread(_clear, near)
        return self._conformed()

    async def _run(self, command: list[str]) -> Ended:
        length = max(1, round(self._starts[-1] / self._rate * 1_000_000))

        def on_line(line: str) -> None:
            key, _, value = line.partition("=")
            if key == "out_time_us" and value.isdigit():
                self._progress(min(1.0, int(value) / length))

        return await self._programs.run([*command, f"file:{self._into / FILM}"], on_line=on_line)

    async def _is_exact(self) -> bool:
        """Whether every picture of every part stands in the joined film at its time, and is shown as it was."""
        path, first = self._into / FILM, self._parts[0]
        try:
            found = await probe(self._programs, self._tools, path)
        except Invalid:
            return False
        film = next((stream for stream in found.streams if stream.get("codec_type") == "video"), None)
        if film is None or parted.shown_as(film) != parted.shown_as(first.film):
            return False
        read = await packets.scan(self._programs, self._tools, path, int(film["index"]), found.start_s, found.container)
        wanted = [
            at - part.source.video.late_ms / 1000 + float(start / self._rate)
            for part, start in zip(self._parts, self._starts, strict=False)
            for at in part.read.times()
        ]
        times = read.times()
        return len(times) == len(wanted) and all(abs(a - b) <= _OFF_S for a, b in zip(times, wanted, strict=True))

    def _conformed(self) -> list[Finding]:
        differ = parted.differences(self._parts)
        if not differ:
            return []
        width, height = self._splice.size
        rate = f"{float(self._rate):.3f}".rstrip("0").rstrip(".")
        said = f"The film's parts differ in {' and '.join(differ)}"
        made = f"all were brought to {width} by {height} at {rate} pictures a second"
        return [Finding(Kind.RATE, f"{said}; {made}.", mended=True)]

    async def texts(self) -> tuple[list[Captions], list[Finding]]:
        """The film's own text tracks, and what is to be said of those that cannot be read."""
        told: list[tuple[int | None, Captions]] = []
        said: list[Finding] = []
        for place, part in enumerate(self._parts):
            near = self._into / f"texts-{place}"
            near.mkdir()
            source = part.source
            own, unread = await subtitles.embedded(
                self._programs, self._tools, part.path, source.text, near, source.start_ms
            )
            await asyncio.to_thread(_clear, near)
            told += [(place, one) for one in own]
            said += [Finding(Kind.TEXT, f"Part {part.number}: {sentence}", mended=False) for sentence in unread]
        return captions.joined(told, self.starts_ms), said


def _of_parts(parts: Sequence[Part]) -> list[Finding]:
    """What was noticed of a part and is not to be seen in the whole."""
    return [
        replace(finding, message=f"Part {part.number}: {finding.message}", at_ms=[])
        for part in parts
        for finding in part.source.findings
        if finding.kind in _LOST
    ]


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
