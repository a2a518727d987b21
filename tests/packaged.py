"""Films packaged by hand and put into a running house by its sockets: encrypted ones, and ones whose better pictures come later."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
import threading
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from matinee.ingest.packaging.protection import hidden
from matinee.ingest.toolchain import installed
from matinee.ingest.wanted import wanted
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.services.catalog.contract import Attach, ByTitle, Catalog, CreateTitle
from matinee.services.fill.contract import Fill
from matinee.services.playback.contract import ContentKey, MakeKey, Playback
from matinee.terms.encode import Encode, File
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.title import Metadata, Title

T = TypeVar("T")
TOOLS = installed()
RATE, SEGMENT_S = 12, 4


@dataclass(frozen=True)
class Form:
    """A picture of the reel, by its encoder."""

    name: str
    width: int
    height: int
    kbps: int
    coder: str = "libx264"


LOW, MIDDLE, HIGH = Form("v90", 160, 90, 60), Form("v180", 320, 180, 160), Form("v360", 640, 360, 400)
LIGHT = Form("w360", 640, 360, 200, "libsvtav1")
CODECS = {"libx264": "avc1.64001e", "libsvtav1": "av01.0.01M.08"}


class Reel:
    """Moving pictures with a tone, `seconds` long, in `folder`: encoded once, packaged as often as one likes."""

    def __init__(self, folder: Path, seconds: int, forms: Sequence[Form]) -> None:
        self.folder, self.seconds, self.forms = folder, seconds, forms
        folder.mkdir()
        for form in forms:
            self._encode(form)
        tone = ["-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}", "-c:a", "aac", "-ac", "2"]
        run([TOOLS.ffmpeg, "-v", "error", *tone, str(folder / "a0.mp4")])

    def _encode(self, form: Form) -> None:
        picture = f"testsrc2=size={form.width}x{form.height}:rate={RATE}:duration={self.seconds}"
        preset = {"libx264": ["-preset", "ultrafast", "-sc_threshold", "0"], "libsvtav1": ["-preset", "12"]}[form.coder]
        command = [TOOLS.ffmpeg, "-v", "error", "-f", "lavfi", "-i", picture, "-c:v", form.coder, *preset]
        command += ["-b:v", f"{form.kbps}k", "-g", str(2 * RATE), "-keyint_min", str(2 * RATE), "-pix_fmt", "yuv420p"]
        run([*command, str(self.folder / f"{form.name}.mp4")])

    def package(self, into: Path, key: ContentKey | None) -> None:
        """All forms and the tone, as the packager cuts them; encrypted where there is a key."""
        into.mkdir(parents=True)
        streams = [self._stream(form.name, "video") for form in self.forms] + [self._stream("a0", "audio")]
        length = ["--segment_duration", f"{SEGMENT_S - 0.000_001}", "--fragment_duration", f"{SEGMENT_S - 0.000_001}"]
        command = [TOOLS.packager, *streams, *length]
        if key is None:
            run(command, folder=into)
            return
        with hidden(key, into) as arguments:
            run([*command, *arguments], folder=into)

    def _stream(self, name: str, kind: str) -> str:
        path = f"{name}/init.mp4,segment_template={name}/$Number%05d$.m4s"
        return f"in={self.folder / name}.mp4,stream={kind},init_segment={path}"

    def renditions(self, forms: Sequence[Form]) -> list[Rendition]:
        """What the catalogue is told of these forms, with the tone."""
        count = -(-self.seconds // SEGMENT_S)
        pictures = [
            Rendition(form.name, Track.VIDEO, form.name, CODECS[form.coder], form.kbps * 1300, form.kbps * 1000)
            for form in forms
        ]
        sized = [
            msgspec.structs.replace(each, width=form.width, height=form.height, frame_rate=str(RATE), segments=count)
            for each, form in zip(pictures, forms, strict=True)
        ]
        tone = Rendition("a0", Track.AUDIO, "a0", "mp4a.40.2", 140_000, 130_000, "en", "English", segments=count)
        return [*sized, msgspec.structs.replace(tone, channels=2, sample_rate=44_100)]


@dataclass
class Shown:
    """A published film."""

    title: Title
    encode: Encode
    key: ContentKey | None

    @property
    def id(self) -> str:
        return self.title.id


class Shelf:
    """The house at `home`, which runs."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def show(
        self,
        reel: Reel,
        name: str,
        *,
        encrypted: bool = False,
        forms: Sequence[Form] | None = None,
        complete: bool = True,
    ) -> Shown:
        """Publishes the reel; `forms` are those that are there to begin with."""
        return in_a_loop(lambda: self._show(reel, name, encrypted, forms or reel.forms, complete))

    async def _show(self, reel: Reel, name: str, encrypted: bool, forms: Sequence[Form], complete: bool) -> Shown:
        async with self._house() as house:
            metadata = Metadata(name, maturity=Maturity.ALL, genres=["Drama"])
            title = await house.catalog.create(CreateTitle(uuid.uuid4().hex, metadata))
            encode_id = f"enc_{uuid.uuid4().hex}"
            key = await house.playback.key(MakeKey(encode_id)) if encrypted else None
            root = self._home / "objects" / "media" / title.id / encode_id
            reel.package(root, key)
            encode = Encode(
                id=encode_id,
                duration_ms=reel.seconds * 1000,
                segment_ms=SEGMENT_S * 1000,
                protection="clearkey" if key else "signed",
                renditions=reel.renditions(forms),
                files=[_file(root, path) for path in sorted(root.rglob("*")) if path.is_file()],
                created_at=datetime.now(UTC),
                complete=complete,
                key_id=key.key_id if key else None,
            )
            await self._attach(house, title.id, encode)
            title = await house.catalog.publish(ByTitle(title.id))
            return Shown(title, encode, key)

    def complete(self, shown: Shown, reel: Reel, forms: Sequence[Form] | None = None, *, complete: bool = True) -> None:
        """More pictures of the same film are there now."""

        async def work() -> None:
            async with self._house() as house:
                renditions = reel.renditions(forms or reel.forms)
                shown.encode = msgspec.structs.replace(shown.encode, renditions=renditions, complete=complete)
                await self._attach(house, shown.id, shown.encode)

        in_a_loop(work)

    async def _attach(self, house: _House, title_id: str, encode: Encode) -> None:
        await house.catalog.attach(Attach(title_id, encode))
        await house.fill.want(wanted(title_id, encode))

    def root(self, shown: Shown) -> Path:
        """Where the origin has the film's files."""
        return self._home / "objects" / "media" / shown.id / shown.encode.id

    def _house(self) -> _House:
        return _House(self._home / "run")


class _House:
    def __init__(self, sockets: Path) -> None:
        self._channels = {name: HttpChannel(f"unix:{sockets / name}.sock") for name in ("catalog", "fill", "playback")}
        self.catalog = connect(Catalog, self._channels["catalog"])
        self.fill = connect(Fill, self._channels["fill"])
        self.playback = connect(Playback, self._channels["playback"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels.values():
            await channel.close()


def _file(root: Path, path: Path) -> File:
    data = path.read_bytes()
    return File(path.relative_to(root).as_posix(), len(data), hashlib.sha256(data).hexdigest())


def in_a_loop(make: Callable[[], Awaitable[T]]) -> T:
    """In a thread and loop of its own: the browser's driver keeps one running in this thread."""
    answer: list[Any] = []

    async def work() -> T:
        return await make()

    def thread() -> None:
        try:
            answer.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            answer.append(error)

    worker = threading.Thread(target=thread)
    worker.start()
    worker.join()
    if isinstance(answer[0], BaseException):
        raise answer[0]
    return answer[0]


def run(command: Sequence[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr[-2000:]


def joined(root: Path, name: str, into: Path) -> Path:
    """One track as one file: its head and all its segments."""
    with into.open("wb") as whole:
        for path in [root / name / "init.mp4", *sorted((root / name).glob("*.m4s"))]:
            with path.open("rb") as part:
                shutil.copyfileobj(part, whole)
    return into
