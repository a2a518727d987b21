"""The code of each step of a preparation."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from obstore.store import ObjectStore

from matinee.ingest import languages, pipeline, publish, subtitles
from matinee.ingest.contract import Protection, Sidecar
from matinee.ingest.encoding import chunks, encode
from matinee.ingest.encoding.encode import Sound, sounds
from matinee.ingest.encoding.join import join
from matinee.ingest.encoding.ladder import Rung
from matinee.ingest.inspection import inspect, review
from matinee.ingest.intake import originals
from matinee.ingest.packaging import package
from matinee.ingest.pictures import gallery, thumbnails
from matinee.ingest.pictures.artwork import Picture
from matinee.ingest.pipeline import Order
from matinee.ingest.scratch import Scratch, Work
from matinee.ingest.source import Source
from matinee.ingest.splicing import captions, splice
from matinee.ingest.subtitles import Captions
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.clock import Clock
from matinee.services.catalog.contract import ByTitle, Catalog
from matinee.services.fill.contract import Fill
from matinee.services.jobs.executor import Context, Handler
from matinee.services.jobs.programs import Programs
from matinee.services.playback.contract import ContentKey, MakeKey, Playback
from matinee.terms.encode import File
from matinee.terms.finding import Finding, FindingKind
from matinee.terms.language import UNDETERMINED
from matinee.terms.rendition import Rendition
from matinee.terms.thumbnails import Thumbnails

_PACKAGE, _JOINED, _CAPTIONS = "package", "joined", "captions.json"


class Steps:
    """The handlers. What a step made it makes no second time; the steps after it find its files through `Scratch`."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a film meets on its way
        self,
        catalog: Catalog,
        fill: Fill,
        playback: Playback,
        objects: ObjectStore,
        programs: Programs,
        tools: Toolchain,
        scratch: Scratch,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._fill = fill
        self._playback = playback
        self._objects = objects
        self._programs = programs
        self._tools = tools
        self._scratch = scratch
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of step, as the pipeline names them."""
        return {
            "ingest.splice": self.splice,
            "ingest.inspect": self.inspect,
            "ingest.sound": self.sound,
            "ingest.subtitles": self.subtitles,
            "ingest.first": self.picture,
            "ingest.rungs": self.picture,
            "ingest.draft": self.draft,
            "ingest.pictures": self.pictures,
            "ingest.review": self.review,
            "ingest.playable": self.playable,
            "ingest.complete": self.complete,
        }

    async def splice(self, context: Context) -> dict[str, Any]:
        """One film of the files that it is in."""
        order = pipeline.order(context.job.data)

        async def work(into: Path) -> dict[str, Any]:
            self._scratch.check_room(order.size)
            near = into / "parts"
            near.mkdir()
            parts = [await self._scratch.near(part, near / str(place)) for place, part in enumerate(order.sources)]
            room, progress = self._scratch.check_room, context.progress
            spliced = await splice.splice(self._programs, self._tools, parts, into, room, progress)
            await asyncio.to_thread(shutil.rmtree, near)
            (into / _CAPTIONS).write_bytes(msgspec.json.encode(spliced.texts))
            return {"starts_ms": spliced.starts_ms, "findings": msgspec.to_builtins(spliced.findings)}

        return await self._make(context, work)

    async def inspect(self, context: Context) -> dict[str, Any]:
        """What the film holds, and with it the steps that it needs."""
        order = pipeline.order(context.job.data)

        async def work(_: Path) -> dict[str, Any]:
            source = await inspect.inspect(self._programs, self._tools, await self._film(context, order))
            self._scratch.check_room(pipeline.expected_bytes(source, order.encoding))
            return {"source": msgspec.to_builtins(source), "findings": msgspec.to_builtins(source.findings)}

        made = await self._make(context, work)
        context.add(*pipeline.after_inspection(msgspec.convert(made["source"], Source), order.encoding))
        return made

    async def sound(self, context: Context) -> None:
        """Every sound track, in every form."""
        order, source = _known(context)

        async def work(into: Path) -> dict[str, Any]:
            film = await self._film(context, order)
            loudness = order.encoding.loudness_lufs
            await encode.sound(self._programs, self._tools, film, source, loudness, into, context.progress)
            return {}

        await self._make(context, work)

    async def subtitles(self, context: Context) -> dict[str, Any]:
        """Every text track: those that were sent, and those in the film."""
        order, source = _known(context)

        async def work(into: Path) -> dict[str, Any]:
            sent = [await self._sidecar(into, place, sidecar) for place, sidecar in enumerate(order.sidecars)]
            own, unread = await self._own_texts(context, order, source, into)
            if order.further:
                starts_ms: list[int] = context.results[pipeline.SPLICE]["starts_ms"]
                told = zip((sidecar.part for sidecar in order.sidecars), sent, strict=True)
                sent = captions.joined(list(told), starts_ms)
            tracks, amiss = await asyncio.to_thread(subtitles.tracks, sent, own, source.duration_ms)
            (into / _CAPTIONS).write_bytes(msgspec.json.encode(tracks))
            found = [Finding(FindingKind.TEXT, said, mended=False) for said in (*unread, *amiss)]
            return {"findings": msgspec.to_builtins(found)}

        return await self._make(context, work)

    async def _own_texts(
        self, context: Context, order: Order, source: Source, into: Path
    ) -> tuple[list[Captions], list[str]]:
        """What the film's text tracks say, and sentences about those that cannot be read."""
        if order.further:
            folder = await self._scratch.folder(context.job.id, pipeline.SPLICE)
            return msgspec.json.decode((folder / _CAPTIONS).read_bytes(), type=list[Captions]), []
        film = await self._film(context, order)
        return await subtitles.embedded(self._programs, self._tools, film, source.text, into, source.start_ms)

    async def _sidecar(self, into: Path, place: int, sidecar: Sidecar) -> Captions:
        path = into / f"sidecar-{place}"
        await originals.fetch(self._objects, sidecar.source, None, path)
        language = languages.tag(sidecar.language)
        name = f"for {languages.name(language)}" if language != UNDETERMINED else str(place + 1)
        cues = await asyncio.to_thread(subtitles.parse, path.read_bytes(), name, language)
        return Captions(language, "", cues, sidecar.role)

    async def picture(self, context: Context) -> None:
        """One chunk of the lowest rung, or of all others."""
        order, source = _known(context)
        lowest, rest = pipeline.rungs(source, order.encoding)
        rungs = [lowest] if context.task.kind == "ingest.first" else rest
        parts = chunks.chunks(source, order.encoding.chunk_s)
        chunk = parts[pipeline.part_of(context.task)]
        threads = 1 if len(parts) > 1 else 0

        async def work(into: Path) -> dict[str, Any]:
            film = await self._film(context, order)
            await encode.picture(
                self._programs, self._tools, film, source, rungs, chunk, into, context.progress, threads
            )
            return {}

        await self._make(context, work)

    async def draft(self, context: Context) -> None:
        """The whole film in its lowest rung: to be looked through, and to be played."""
        order, source = _known(context)
        lowest, _ = pipeline.rungs(source, order.encoding)

        async def work(into: Path) -> dict[str, Any]:
            await self._join(context, pipeline.FIRST, [lowest], into)
            return {}

        await self._make(context, work)

    async def pictures(self, context: Context) -> dict[str, Any]:
        """Artwork, and the thumbnails of the seek bar."""
        order, source = _known(context)
        lowest, _ = pipeline.rungs(source, order.encoding)

        async def work(into: Path) -> dict[str, Any]:
            small = await self._draft(context, lowest)
            film = await self._film(context, order)
            sent = await gallery.fetched(self._objects, order.poster, into) if order.poster else None
            pictures, found = await gallery.make(self._programs, self._tools, film, small, source, sent, into)
            sheets = into / _PACKAGE / thumbnails.FOLDER
            sheets.mkdir(parents=True)
            made = await thumbnails.make(self._programs, self._tools, small, source, sheets)
            return {
                "pictures": msgspec.to_builtins(pictures),
                "findings": msgspec.to_builtins(found),
                "thumbnails": msgspec.to_builtins(made),
            }

        return await self._make(context, work)

    async def review(self, context: Context) -> dict[str, Any]:
        """What an editor should hear of the picture."""
        order, source = _known(context)
        lowest, _ = pipeline.rungs(source, order.encoding)

        async def work(_: Path) -> dict[str, Any]:
            found = await review.review(self._programs, self._tools, await self._draft(context, lowest), source)
            return {"findings": msgspec.to_builtins(found)}

        return await self._make(context, work)

    async def playable(self, context: Context) -> None:
        """The lowest rung with all sound and text, to viewers."""
        order, source = _known(context)
        lowest, rest = pipeline.rungs(source, order.encoding)

        async def work(into: Path) -> dict[str, Any]:
            tracks = [await self._draft(context, lowest), *await self._sounds(context, source)]
            renditions = await self._package(order, tracks, source, [lowest], sounds(source), into)
            captions = msgspec.json.decode((await self._texts(context)).read_bytes(), type=list[Captions])
            cut = package.bounds(chunks.frames(source), source.video.rate)
            renditions += await asyncio.to_thread(package.write_texts, captions, cut, into / _PACKAGE)
            return {"renditions": msgspec.to_builtins(renditions)}

        made = await self._make(context, work)
        files = await self._put(context, order, pipeline.PLAYABLE, pipeline.PICTURES)
        key = await self._key(order)
        encode = package.described(order.encode_id, source, _renditions(made), files, self._clock.now())
        encode = msgspec.structs.replace(
            encode,
            protection=order.protection.value,
            key_id=key.key_id if key else None,
            complete=not rest,
            thumbnails=msgspec.convert(context.results[pipeline.PICTURES]["thumbnails"], Thumbnails),
        )
        pictures = msgspec.convert(context.results[pipeline.PICTURES]["pictures"], list[Picture])
        root = await self._scratch.folder(context.job.id, pipeline.PICTURES)
        await gallery.hang(self._catalog, self._objects, order.title_id, order.image_id, pictures, root)
        await publish.announce(self._catalog, self._fill, order, encode)

    async def complete(self, context: Context) -> None:
        """All other rungs, to viewers, beside what they have."""
        order, source = _known(context)
        _, rest = pipeline.rungs(source, order.encoding)

        async def work(into: Path) -> dict[str, Any]:
            joined = into / _JOINED
            joined.mkdir()
            tracks = await self._join(context, pipeline.RUNGS, rest, joined)
            renditions = await self._package(order, tracks, source, rest, [], into)
            await asyncio.to_thread(shutil.rmtree, joined)
            return {"renditions": msgspec.to_builtins(renditions)}

        made = await self._make(context, work)
        before = await self._catalog.encode(ByTitle(order.title_id))
        if before.id != order.encode_id:
            return  # an editor gave the title another film meanwhile
        files = await self._put(context, order, pipeline.COMPLETE)
        encode = publish.extended(before, _renditions(made), files)
        await publish.announce(self._catalog, self._fill, order, encode)

    async def _package(
        self,
        order: Order,
        tracks: Sequence[Path],
        source: Source,
        rungs: Sequence[Rung],
        forms: Sequence[Sound],
        into: Path,
    ) -> list[Rendition]:
        """Packages the tracks, wherever they lie, into `package/`."""
        self._scratch.check_room(sum(path.stat().st_size for path in tracks))
        root, near = into / _PACKAGE, into / "tracks"
        root.mkdir()
        near.mkdir()
        for path in tracks:  # the packager takes relative paths without a comma
            (near / path.name).symlink_to(path)
        key = await self._key(order)
        renditions = await package.package(self._programs, self._tools, near, source, rungs, forms, root, key)
        await asyncio.to_thread(shutil.rmtree, near)
        return renditions

    async def _key(self, order: Order) -> ContentKey | None:
        if order.protection is Protection.SIGNED:
            return None
        return await self._playback.key(MakeKey(order.encode_id))

    async def _join(self, context: Context, name: str, rungs: Sequence[Rung], into: Path) -> list[Path]:
        """Each rung whole, of the chunks that the steps of this name made."""
        order, source = _known(context)
        parts = chunks.chunks(source, order.encoding.chunk_s)
        steps = pipeline.parts_of(name, len(parts))
        folders = [await self._scratch.folder(context.job.id, step) for step in steps]
        seconds = [part.lasts_s(source.video.rate) for part in parts]
        for place, rung in enumerate(rungs):
            files = [folder / f"{rung.name}.mp4" for folder in folders]
            await join(self._programs, self._tools, files, source.video.rate, seconds, into / f"{rung.name}.mp4")
            context.progress((place + 1) / (2 * len(rungs)))
        return [into / f"{rung.name}.mp4" for rung in rungs]

    async def _put(self, context: Context, order: Order, *steps: str) -> list[File]:
        """Puts what these steps packaged where viewers get it."""
        found: list[File] = []
        for step in steps:
            root = await self._scratch.folder(context.job.id, step) / _PACKAGE
            files = await asyncio.to_thread(package.files, root)
            await publish.put_files(self._objects, order, files, root, context.progress)
            found += files
        return found

    async def _make(self, context: Context, work: Work) -> dict[str, Any]:
        return await self._scratch.make(context.job.id, context.task.step, context.task.id, work)

    async def _film(self, context: Context, order: Order) -> Path:
        if order.further:
            return await self._scratch.folder(context.job.id, pipeline.SPLICE) / splice.FILM
        return await self._scratch.source(context.job.id, order.source, order.size)

    async def _draft(self, context: Context, lowest: Rung) -> Path:
        return await self._scratch.folder(context.job.id, pipeline.DRAFT) / f"{lowest.name}.mp4"

    async def _sounds(self, context: Context, source: Source) -> list[Path]:
        folder = await self._scratch.folder(context.job.id, pipeline.SOUND)
        return [folder / f"{form.name}.mp4" for form in sounds(source)]

    async def _texts(self, context: Context) -> Path:
        return await self._scratch.folder(context.job.id, pipeline.SUBTITLES) / _CAPTIONS


def _known(context: Context) -> tuple[Order, Source]:
    """What the film is to become, and what it holds."""
    source = msgspec.convert(context.results[pipeline.INSPECT]["source"], Source)
    return pipeline.order(context.job.data), source


def _renditions(made: dict[str, Any]) -> list[Rendition]:
    return msgspec.convert(made["renditions"], list[Rendition])
