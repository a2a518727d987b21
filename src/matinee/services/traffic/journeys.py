"""The journeys that are kept, of all gateways: so many, for so long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, tuple_

from matinee.runtime.clock import milliseconds
from matinee.services.traffic.contract import Journey, NoSuchRequest, RequestsQuery, Why
from matinee.services.traffic.tables import journey

MOST_KEPT = 20_000
KEPT_FOR = timedelta(days=7)

_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Journey] = msgspec.msgpack.Decoder(Journey).decode


def keep(connection: Connection, told: Sequence[Journey]) -> None:
    """One that is known already stays as it is."""
    rows = {each.id: _row(each) for each in told}
    known = connection.execute(select(journey.c.id).where(journey.c.id.in_(rows))).scalars().all()
    for name in known:
        del rows[name]
    if rows:
        connection.execute(insert(journey), list(rows.values()))


def clear(connection: Connection, now: datetime) -> None:
    """Lets go of what is too old, and of the oldest where there are too many."""
    connection.execute(delete(journey).where(journey.c.at < milliseconds(now - KEPT_FOR)))
    count = connection.execute(select(func.count()).select_from(journey)).scalar_one()
    if count > MOST_KEPT:
        newest = select(journey.c.at).order_by(journey.c.at.desc()).limit(1).offset(MOST_KEPT)
        connection.execute(delete(journey).where(journey.c.at <= newest.scalar_subquery()))


def one(connection: Connection, request_id: str) -> Journey:
    """Raises NoSuchRequest."""
    document = connection.execute(select(journey.c.document).where(journey.c.id == request_id)).scalar_one_or_none()
    if document is None:
        raise NoSuchRequest
    return _decode(document)


def found(connection: Connection, query: RequestsQuery) -> list[Journey]:
    """Raises NoSuchRequest where the one that they are asked before is no longer there."""
    wanted = _matching(query)
    if query.before:
        before = connection.execute(select(journey.c.at).where(journey.c.id == query.before)).scalar_one_or_none()
        if before is None:
            raise NoSuchRequest
        wanted = wanted.where(tuple_(journey.c.at, journey.c.id) < tuple_(before, query.before))
    wanted = wanted.order_by(journey.c.at.desc(), journey.c.id.desc()).limit(query.limit)
    return [_decode(document) for document in connection.execute(wanted).scalars()]


def _matching(query: RequestsQuery) -> Select[Any]:
    wanted = select(journey.c.document)
    if query.why is None:
        wanted = wanted.where(journey.c.why != Why.SAMPLE.value)
    else:
        wanted = wanted.where(journey.c.why == query.why.value)
    if query.status.endswith("xx"):
        first = int(query.status[0]) * 100
        wanted = wanted.where(journey.c.status.between(first, first + 99))
    elif query.status:
        wanted = wanted.where(journey.c.status == int(query.status))
    if query.route:
        wanted = wanted.where(journey.c.route == query.route)
    if query.account:
        wanted = wanted.where(journey.c.account == query.account)
    return wanted


def _row(told: Journey) -> dict[str, Any]:
    return {
        "id": told.id,
        "at": milliseconds(told.at),
        "why": told.why.value,
        "status": told.status,
        "route": told.route,
        "account": told.account,
        "document": _encode(told),
    }
