# pyright: basic
"""The index in tantivy, an embedded engine. Text is cut up by our own rules on both sides; the engine sees whole terms.

A document holds its terms and, as bytes, what is kept in memory of it: so that hits are ranked without reading them.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from tantivy import Document as Indexed
from tantivy import FieldType, Index, Occur, Query, Schema, SchemaBuilder, Searcher

from matinee.runtime.disk import is_full
from matinee.runtime.errors import MatineeError, OutOfSpace, Unavailable
from matinee.services.search import rules
from matinee.services.search.contract import Document, Removal, SearchQuery, State, Translation

FORMAT = 2  # of the index: another begins it anew
_TAKE = 400  # hits that are ranked
_MOST_PLAYED = 200  # always among them, where they match
_LIFT = 1000.0  # far over any score of words: puts them there
_HEAP_BYTES = 20_000_000
_EVERYWHERE = "*"
_log = logging.getLogger(__name__)
_must, _should = Occur.Must, Occur.Should


class Kept(Struct, frozen=True, array_like=True):
    """What is known of a title in memory. `number` stands for it in the engine; a removed one is not `live`."""

    title_id: str
    number: int
    revision: int
    headings: tuple[str, ...] = ()
    popularity: float = 0.0
    live: bool = False


class _Header(Struct, frozen=True):
    format: int
    generation: str


class _Write(Struct):
    """Changes of one caller, until they are searchable."""

    changes: Sequence[Document | Removal]
    done: bool = False
    error: Exception | None = None


class TantivyStore:
    """The Store of one folder, locked while it is open. One thread writes: what waits for it shares one commit."""

    def __init__(self, folder: Path, entropy: Callable[[int], bytes] = os.urandom) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = _locked(folder / "lock")
        self._schema = _schema()
        try:
            self._generation, self._index, self._kept = self._opened(entropy)
            self._index.config_reader("manual")  # else it would show what is committed before we know of it
            self._writer = self._index.writer(_HEAP_BYTES, 1)
        except Exception as error:
            self._lock.close()
            raise _meaning(error) from error
        self._plays = {title_id: kept.popularity for title_id, kept in self._kept.items() if kept.popularity}
        self._plays.update(self._saved_plays())
        self._numbers = count(1 + max((kept.number for kept in self._kept.values()), default=0))
        self._numbered = {kept.number: kept for kept in self._kept.values()}
        self._played: Query | None = None
        self._sort_plays()
        self._waiting: list[_Write] = []
        self._thread = ThreadPoolExecutor(1, "search write")
        self._readers = ThreadPoolExecutor(2, "search read")

    async def index(self, documents: Sequence[Document]) -> None:
        await self._change(documents)

    async def remove(self, removals: Sequence[Removal]) -> None:
        await self._change(removals)

    async def set_popularity(self, plays: Mapping[str, float]) -> None:
        await self._in(self._thread, self._set_plays, plays)

    async def search(self, query: SearchQuery) -> list[str]:
        asked = rules.asked(query.text)
        return await self._in(self._readers, self._search, query, asked) if asked else []

    def state(self) -> State:
        live = sum(kept.live for kept in self._kept.values())
        return State(self._generation, live, needs_reindex=live == 0)

    async def close(self) -> None:
        """Ends when what was asked before it is done."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._thread.shutdown()
        self._readers.shutdown()
        if not self._lock.closed:
            self._writer.wait_merging_threads()
            self._lock.close()

    async def _in(self, threads: ThreadPoolExecutor, run: Callable[..., Any], *given: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, run, *given)
        except RuntimeError as error:
            if self._lock.closed:
                raise Unavailable("The search index is closed") from error
            raise

    # Opening

    def _opened(self, entropy: Callable[[int], bytes]) -> tuple[str, Index, dict[str, Kept]]:
        header, place = self._folder / "header.json", self._folder / "index"
        try:
            found = msgspec.json.decode(header.read_bytes(), type=_Header)
            if found.format == FORMAT and Index.exists(str(place)):
                index = Index(self._schema, str(place))
                return found.generation, index, _all_kept(index)
            _log.warning("the search index is lost or of another version and begins anew")
        except FileNotFoundError:
            _log.info("a search index begins")
        except BaseException as error:  # a broken file may end in a panic of the engine, which is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            _log.warning("the search index cannot be read and begins anew: %s", error)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        index, made = Index(self._schema, str(place)), _Header(FORMAT, entropy(8).hex())
        _replace(header, msgspec.json.encode(made))
        return made.generation, index, {}

    # Writing

    async def _change(self, changes: Sequence[Document | Removal]) -> None:
        if changes:
            write = _Write(changes)
            self._waiting.append(write)
            await self._in(self._thread, self._settle, write)

    def _settle(self, write: _Write) -> None:
        if not write.done:
            batch, self._waiting = self._waiting, []
            self._commit(batch)
        if write.error is not None:
            raise write.error

    def _commit(self, batch: list[_Write]) -> None:
        error: Exception | None = None
        try:
            changed = self._newest(change for write in batch for change in write.changes)
            for kept, terms in changed.values():
                self._put(kept, terms)
            if changed:
                self._writer.commit()
                self._learn([kept for kept, _ in changed.values()])  # first: a reader knows all that it finds
                self._index.reload()
        except Exception as failure:  # noqa: BLE001 - it is the callers'; the thread lives on
            with suppress(Exception):
                self._writer.rollback()
            error = _meaning(failure)
        for write in batch:
            write.done, write.error = True, error

    def _newest(self, changes: Iterator[Document | Removal]) -> dict[str, tuple[Kept, dict[str, Any]]]:
        found: dict[str, tuple[Kept, dict[str, Any]]] = {}
        for change in changes:
            title_id = change.title_id
            known = found[title_id][0] if title_id in found else self._kept.get(title_id)
            if known is not None and change.revision <= known.revision:
                continue
            kept = _kept(change, next(self._numbers) if known is None else known.number)
            found[title_id] = (kept, _terms(change) if isinstance(change, Document) else {})
        return found

    def _put(self, kept: Kept, terms: dict[str, Any]) -> None:
        self._writer.delete_documents_by_term("id", kept.title_id)
        fields = {"id": [kept.title_id], "number": [kept.number], "kept": [msgspec.msgpack.encode(kept)], **terms}
        self._writer.add_document(Indexed.from_dict(fields, self._schema))

    def _learn(self, changed: list[Kept]) -> None:
        for kept in changed:
            self._kept[kept.title_id] = self._numbered[kept.number] = kept
            if kept.popularity:
                self._plays[kept.title_id] = kept.popularity
        self._sort_plays()

    def _set_plays(self, plays: Mapping[str, float]) -> None:
        merged = {**self._plays, **plays}
        self._plays = {title_id: times for title_id, times in merged.items() if times > 0}
        self._sort_plays()
        _replace(self._folder / "popularity", msgspec.msgpack.encode(self._plays))

    def _saved_plays(self) -> dict[str, float]:
        try:
            return msgspec.msgpack.decode((self._folder / "popularity").read_bytes(), type=dict[str, float])
        except (OSError, msgspec.MsgspecError):
            return {}

    def _sort_plays(self) -> None:
        known = [title_id for title_id in self._plays if title_id in self._kept]
        known.sort(key=self._plays.__getitem__, reverse=True)
        numbers = [self._kept[title_id].number for title_id in known[:_MOST_PLAYED]]
        self._played = _lifted(self._schema, numbers) if numbers else None

    # Searching

    def _search(self, query: SearchQuery, asked: list[rules.Word]) -> list[str]:
        searcher, allowed = self._index.searcher(), self._allowed(query)
        hits = self._hits(searcher, [*allowed, *((_must, each) for each in self._words(asked))])
        if not hits:
            hits = self._hits(searcher, [*allowed, (_must, self._roughly(asked))])
        text = rules.heading(query.text)
        ranked: list[tuple[float, int, str]] = []
        for number, score in hits.items():
            kept = self._numbered[number]
            if not kept.live:  # removed since the reader began
                continue
            plays = self._plays.get(kept.title_id, 0.0)
            best, length = max((rules.rank(score, plays, each, text), -len(each)) for each in kept.headings)
            ranked.append((-best, -length, kept.title_id))
        return [title_id for _, _, title_id in sorted(ranked)[: query.limit]]

    def _hits(self, searcher: Searcher, clauses: list[tuple[Occur, Query]]) -> dict[int, float]:
        """Scores by number. Where more match than are ranked, the most played of them are among those that are."""
        if self._played is not None:
            clauses = [*clauses, (_should, self._played)]
        hits = searcher.search(Query.boolean_query(clauses), _TAKE, count=False).hits
        numbers = searcher.fast_field_values("number", [address for _, address in hits])
        return {
            int(number or 0): score - _LIFT if score >= _LIFT else score
            for number, (score, _) in zip(numbers, hits, strict=True)
        }

    def _allowed(self, query: SearchQuery) -> list[tuple[Occur, Query]]:
        places = Query.term_set_query(self._schema, "territory", [_EVERYWHERE, query.territory])
        ages = Query.range_query(self._schema, "maturity", FieldType.Unsigned, 0, int(query.maturity))
        return [(_must, Query.const_score_query(each, 0.0)) for each in (places, ages)]

    def _roughly(self, asked: list[rules.Word]) -> Query:
        """Half of the words, each with more slips, or two of them written as one."""
        both = [self._term("letters", letters, 3.0) for letters in rules.joined(asked)]
        some = [(_should, each) for each in (*self._words(asked, generous=True), *both)]
        return Query.boolean_query(some, minimum_number_should_match=(len(asked) + 1) // 2)

    def _words(self, asked: list[rules.Word], *, generous: bool = False) -> Iterator[Query]:
        for place, word in enumerate(asked, 1):
            slips, last = rules.slips(word.letters, generous=generous), place == len(asked)
            ways = self._by_letters(word.letters, slips, last=last) if word.letters else ()
            yield Query.disjunction_max_query([*ways, *self._by_run(word.run)])

    def _by_letters(self, letters: str, slips: int, *, last: bool) -> Iterator[Query]:
        yield self._term("letters", letters, 3.0)
        yield self._fuzzy("letters", letters, 2.5, 0, begins=True)
        yield self._term("joined", letters, 2.2)
        yield self._term("genre", letters, 1.2)
        yield self._term("about", letters, 0.5)
        if slips:
            yield self._fuzzy("letters", letters, 1.0, slips, begins=False)
        if last:
            yield self._fuzzy("joined", letters, 1.8, 0, begins=True)
            yield self._fuzzy("genre", letters, 1.1, 0, begins=True)
            if slips:
                yield self._fuzzy("letters", letters, 0.9, slips, begins=True)

    def _by_run(self, run: str) -> Iterator[Query]:
        for field, score in (("pieces", 2.5), ("about", 0.5)) if run else ():
            pieces = [(_must, self._term(field, piece, 0.0)) for piece in rules.asked_pieces(run)]
            yield Query.const_score_query(Query.boolean_query(pieces), score)

    def _term(self, field: str, value: str, score: float) -> Query:
        return Query.const_score_query(Query.term_query(self._schema, field, value, "basic"), score)

    def _fuzzy(self, field: str, value: str, score: float, slips: int, *, begins: bool) -> Query:
        found = Query.fuzzy_term_query(self._schema, field, value, slips, prefix=begins)
        return Query.const_score_query(found, score)


def _lifted(schema: Schema, numbers: list[int]) -> Query:
    return Query.const_score_query(Query.term_set_query(schema, "number", numbers), _LIFT)


def _schema() -> Schema:
    builder = SchemaBuilder()
    for field in ("id", "letters", "joined", "pieces", "genre", "about", "territory"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_unsigned_field("maturity", indexed=True, fast=True)
    builder.add_bytes_field("kept", stored=True)
    return builder.build()


def _kept(change: Document | Removal, number: int) -> Kept:
    if isinstance(change, Removal):
        return Kept(change.title_id, number, change.revision)
    headings = tuple(dict.fromkeys(rules.heading(words.title) for words in _words(change)))
    return Kept(change.title_id, number, change.revision, headings, change.popularity, live=True)


def _words(document: Document) -> list[Translation]:
    return [Translation(document.title, document.synopsis), *document.translations.values()]


def _terms(document: Document) -> dict[str, Any]:
    spoken = _words(document)
    titles = [rules.words(words.title) for words in spoken]
    title = [word for words in titles for word in words]
    about = [word for words in spoken for word in rules.words(words.synopsis)]
    genres = [word.letters or word.run for genre in document.genres for word in rules.words(genre)]
    return {
        "letters": _once(word.letters for word in title),
        "joined": _once(both for words in titles for both in rules.joined(words)),
        "pieces": _once(piece for word in title if word.run for piece in rules.indexed_pieces(word.run)),
        "genre": _once([*genres, *([str(document.year)] if document.year else [])]),
        "about": _once(term for word in about for term in (word.letters, *rules.asked_pieces(word.run))),
        "territory": document.territories or [_EVERYWHERE],
        "maturity": [int(document.maturity)],
    }


def _once(terms: Any) -> list[str]:
    return sorted({term for term in terms if term})


def _all_kept(index: Index) -> dict[str, Kept]:
    """Reads every document, and so finds out whether they can be read."""
    searcher = index.searcher()
    documents = searcher.num_docs
    hits = searcher.search(Query.all_query(), documents, count=False).hits if documents else []
    decoder = msgspec.msgpack.Decoder(Kept)
    every = [decoder.decode(bytes(searcher.doc(address)["kept"][0])) for _, address in hits]
    return {kept.title_id: kept for kept in every}


def _locked(path: Path) -> Any:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unavailable(f"another process has the search index in {path.parent} open") from error
    return file


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _meaning(error: Exception) -> Exception:
    if isinstance(error, MatineeError):
        return error
    met = OutOfSpace() if is_full(error) else Unavailable(f"the search index cannot be written: {error}")
    met.__cause__ = error
    return met
