"""The titles that films on their way belong to, and the series of episodes."""

from __future__ import annotations

from msgspec.structs import replace

from matinee.backends.sql.port import Database
from matinee.ingest.contract import InSeries
from matinee.ingest.intake import rows
from matinee.ingest.intake.rows import Intake
from matinee.services.catalog.contract import Catalog, CreateTitle
from matinee.terms.genre import slug
from matinee.terms.title import Episode, Kind, Metadata


class Drafts:
    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    async def with_title(self, film: Intake) -> Intake:
        """The film with its draft title, made where it has none. Raises EpisodeTaken."""
        if film.title_id is not None:
            return film
        title = await self._catalog.create(await self._wanted(film))
        await self._database.transact(lambda connection: rows.change(connection, [film.id], title_id=title.id))
        return replace(film, title_id=title.id)

    async def _wanted(self, film: Intake) -> CreateTitle:
        if film.episode is None:
            return CreateTitle(film.id, film.metadata)
        series_id = await self._series(film.episode, film.metadata)
        place = Episode(series_id, film.episode.season, film.episode.number, film.episode.number_to)
        return CreateTitle(film.id, film.metadata, kind=Kind.EPISODE, episode=place)

    async def _series(self, episode: InSeries, of_episode: Metadata) -> str:
        """The id of the series with this title. One that is new, and of which nothing is written, is for whom its episode is."""
        plain = Metadata(episode.series, maturity=of_episode.maturity, language=of_episode.language)
        message = CreateTitle(f"series:{slug(episode.series)}", episode.about or plain, kind=Kind.SERIES)
        return (await self._catalog.create(message)).id
