"""The pictures of a film in preparation: its own frames, and the poster that came with it; then where viewers get them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from obstore.store import ObjectStore

from matinee.ingest.intake import originals
from matinee.ingest.pictures import artwork, ids
from matinee.ingest.pictures.artwork import Picture
from matinee.ingest.source import Source
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import Invalid, MatineeError, OutOfSpace
from matinee.services.catalog.contract import Catalog, OfferArtwork
from matinee.services.jobs.programs import Programs
from matinee.terms.finding import Finding, FindingKind


async def make(
    programs: Programs,
    tools: Toolchain,
    film: Path,
    low: Path,
    source: Source,
    poster: Path | None,
    into: Path,
) -> tuple[list[Picture], list[Finding]]:
    """Pictures in folders under `into`, and what an editor should hear. A film is not refused for want of a picture.

    `low` is the lowest rung, `poster` a file as someone sent it. Raises OutOfSpace.
    """
    pictures: list[Picture] = []
    found: list[Finding] = []
    try:
        pictures += await artwork.candidates(programs, tools, film, low, source, into)
    except OutOfSpace:
        raise
    except MatineeError as error:
        found.append(Finding(FindingKind.ARTWORK, f"The title has no picture: {error.detail}", mended=False))
    if poster is not None:
        try:
            pictures += await artwork.supplied(programs, tools, poster, into)
        except Invalid as error:
            found.append(Finding(FindingKind.ARTWORK, f"The poster was left out. {error.detail}", mended=False))
    return pictures, found


async def fetched(objects: ObjectStore, poster: str, into: Path) -> Path:
    """The poster that came with a film, an object or with a slash at its end the folder of an upload's pieces, as a file."""
    path = into / "poster"
    await originals.fetch(objects, poster, None, path)
    return path


async def hang(
    catalog: Catalog, objects: ObjectStore, title_id: str, image_id: str, pictures: Sequence[Picture], root: Path
) -> None:
    """Puts the pictures where viewers get them and offers them for the title. Repeats do the same again."""
    frames = [picture for picture in pictures if not picture.supplied]
    own = [picture for picture in pictures if picture.supplied]
    offered = await artwork.put(objects, frames, root, ids.of_frames(image_id))
    offered += await artwork.put(objects, own, root, ids.of_supplied(image_id))
    if offered:
        await catalog.offer_artwork(OfferArtwork(title_id, offered))
