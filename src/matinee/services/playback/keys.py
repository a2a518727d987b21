"""Units of work on the keys of encrypted encodes, one an encode. Each takes the connection of the caller's transaction."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update

from matinee.services.playback.contract import ContentKey
from matinee.services.playback.masters import Masters, Wrapped
from matinee.services.playback.tables import keys

_FIND = select(keys).where(keys.c.encode_id == bindparam("of_encode"))
_ADD = insert(keys)
_OLD = select(keys).where(keys.c.master != bindparam("newest"))
_REWRAP = (
    update(keys)
    .where(keys.c.encode_id == bindparam("of_encode"))
    .values(master=bindparam("by_master"), wrapped=bindparam("as_wrapped"))
)


def find(connection: Connection, encode_id: str, masters: Masters) -> ContentKey | None:
    """The encode's key. Raises MatineeError where it cannot be opened."""
    row = connection.execute(_FIND, {"of_encode": encode_id}).one_or_none()
    return ContentKey(row.key_id, masters.unwrap(Wrapped(row.master, row.wrapped))) if row else None


def made(connection: Connection, encode_id: str, draft: ContentKey, masters: Masters, now_ms: int) -> ContentKey:
    """The encode's key: the one it has, else the draft."""
    known = find(connection, encode_id, masters)
    if known is not None:
        return known
    wrapped = masters.wrap(draft.key)
    connection.execute(
        _ADD,
        {
            "encode_id": encode_id,
            "key_id": draft.key_id,
            "wrapped": wrapped.data,
            "master": wrapped.master,
            "made_at": now_ms,
        },
    )
    return draft


def rewrap(connection: Connection, masters: Masters) -> int:
    """Wraps every key by the newest master; how many were not yet."""
    old = connection.execute(_OLD, {"newest": masters.newest}).all()
    for row in old:
        fresh = masters.wrap(masters.unwrap(Wrapped(row.master, row.wrapped)))
        connection.execute(_REWRAP, {"of_encode": row.encode_id, "by_master": fresh.master, "as_wrapped": fresh.data})
    return len(old)
