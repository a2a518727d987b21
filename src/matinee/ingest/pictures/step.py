"""Makes artwork of a picture that someone sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from obstore.store import ObjectStore

from matinee.backends.objects import stored
from matinee.ingest.intake import originals
from matinee.ingest.pictures import artwork, sending
from matinee.ingest.pictures.artwork import Picture
from matinee.ingest.pictures.sending import Sent
from matinee.ingest.scratch import Scratch
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import Invalid
from matinee.services.catalog.contract import Catalog, ChooseArtwork, NoSuchTitle, OfferArtwork
from matinee.services.jobs.executor import Context
from matinee.services.jobs.programs import Programs


class PictureStep:
    """The handler of `sending.KIND`."""

    def __init__(
        self, catalog: Catalog, objects: ObjectStore, programs: Programs, tools: Toolchain, scratch: Scratch
    ) -> None:
        self._catalog = catalog
        self._objects = objects
        self._programs = programs
        self._tools = tools
        self._scratch = scratch

    async def __call__(self, context: Context) -> dict[str, Any]:
        """Offers the picture and picks it: who sends one wants it shown."""
        sent = sending.sent(context.job.data)

        async def work(into: Path) -> dict[str, Any]:
            return {"pictures": msgspec.to_builtins(await self._cut(sent, into))}

        try:
            made = await self._scratch.make(context.job.id, context.task.step, context.task.id, work)
            root = await self._scratch.folder(context.job.id, context.task.step)
            await self._hang(sent, msgspec.convert(made["pictures"], list[Picture]), root)
        except (Invalid, NoSuchTitle) as wrong:  # no other try would end better
            await stored.delete(self._objects, sending.object_key(sent.image_id))
            await stored.delete_under(self._objects, f"images/{sent.image_id}/")
            raise Invalid(wrong.detail) from wrong
        await stored.delete(self._objects, sending.object_key(sent.image_id))
        return {}

    async def _hang(self, sent: Sent, pictures: list[Picture], root: Path) -> None:
        offered = await artwork.put(self._objects, pictures, root, [sent.image_id])
        await self._catalog.offer_artwork(OfferArtwork(sent.title_id, offered))
        await self._catalog.choose_artwork(ChooseArtwork(sent.title_id, sent.shape, sent.image_id))

    async def _cut(self, sent: Sent, into: Path) -> list[Picture]:
        path = into / "sent"
        await originals.fetch(self._objects, sending.object_key(sent.image_id), None, path)
        try:
            return await artwork.supplied(self._programs, self._tools, path, into, sent.shape)
        finally:
            path.unlink()
