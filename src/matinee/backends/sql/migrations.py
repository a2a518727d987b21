"""Brings a database to the head of its owner's Alembic history.

A history is the folder `migrations/` of the owner's package: plain revision modules `0001_first.py`, `0002_<noun>.py`,
each with `revision`, `down_revision`, `upgrade()` and `downgrade()`; one line of descent, in the order of their names.
`draft.py` writes the next one.
"""

from __future__ import annotations

import re
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from matinee.runtime.errors import Conflict, Invalid

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_REVISION = re.compile(r"""^revision(?:\s*:\s*str)?\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_alembic = threading.Lock()  # Alembic's `op` is one for the whole process


def folder(package: str) -> Path:
    """The folder of a package's history. Raises Invalid where there is none."""
    found = Path(str(files(package))) / "migrations"
    if not found.is_dir():
        raise Invalid(f"{package} has no folder `migrations`")
    return found


def head(package: str) -> str | None:
    """The newest revision, read from the newest module without running it; None where there is none."""
    modules = sorted(folder(package).glob("[0-9]*.py"))
    found = _REVISION.search(modules[-1].read_text()) if modules else None
    return found[1] if found else None


def upgrade(connection: Connection, package: str) -> None:
    """Runs what is missing, inside the caller's transaction. Raises Conflict where the database is newer than the code."""
    present = _present(connection)
    if present is not None and present == head(package):
        return
    with _alembic:
        _upgrade(connection, package, present)


def _present(connection: Connection) -> str | None:
    try:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:  # no such table: a database just made
        return None


def _upgrade(connection: Connection, package: str, present: str | None) -> None:
    from alembic.config import Config  # noqa: PLC0415 - a start at head does without
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.script.revision import RevisionError  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory(str(folder(package)), version_locations=[str(folder(package))])

    def missing(_: Any, __: Any) -> Any:
        return _steps(script, present)

    try:
        with EnvironmentContext(config, script, fn=missing) as environment:
            environment.configure(connection=connection, render_as_batch=True)
            environment.run_migrations()
    except (CommandError, RevisionError) as error:
        raise Conflict(
            f"the database of {package} is at {present}, which this version does not know: {error}"
        ) from error


def _steps(script: ScriptDirectory, present: str | None) -> list[Any]:
    from alembic.runtime.migration import MigrationStep  # noqa: PLC0415

    revisions = reversed(list(script.iterate_revisions("head", present or "base")))
    return [MigrationStep.upgrade_from_script(script.revision_map, revision) for revision in revisions]
