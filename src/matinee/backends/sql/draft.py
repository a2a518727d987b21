"""Writes the next revision of a history, from what its owner's tables say and its migrations do not yet:

    python -m matinee.backends.sql.draft matinee.services.accounts first

makes `migrations/0001_first.py`, to be read, trimmed and kept. A test holds that no history lags behind its tables.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine

from matinee.backends.sql.migrations import folder, head, upgrade

_MODULE = """\
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
"""


def difference(metadata: MetaData, package: str) -> list[Any]:
    """What the tables say and a database at the history's head lacks, as Alembic's operations; empty when they agree."""
    return list(_script(metadata, package).upgrade_ops.as_diffs())


def draft(metadata: MetaData, package: str, noun: str) -> Path:
    """Writes the revision that brings a database at head to what the tables say; returns its path."""
    from alembic.autogenerate import render_python_code  # noqa: PLC0415 - development only

    script, last = _script(metadata, package), head(package)
    revision = f"{len(list(folder(package).glob('[0-9]*.py'))) + 1:04d}"
    path = folder(package) / f"{revision}_{noun}.py"
    module = _MODULE.format(
        revision=revision,
        down_revision=repr(last).replace("'", '"'),
        upgrade=render_python_code(script.upgrade_ops, render_as_batch=True),
        downgrade=render_python_code(script.downgrade_ops, render_as_batch=True),
    )
    path.write_text(module)
    return path


def _script(metadata: MetaData, package: str) -> Any:
    from alembic.autogenerate import produce_migrations  # noqa: PLC0415 - development only
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    scratch = create_engine("sqlite://")
    with scratch.begin() as connection:
        upgrade(connection, package)
        return produce_migrations(MigrationContext.configure(connection), metadata)


def main() -> None:
    """The command: a package with `tables.py`, and the noun that names the revision."""
    package, noun = sys.argv[1:]
    (Path(str(import_module(package).__path__[0])) / "migrations").mkdir(exist_ok=True)
    path = draft(import_module(f"{package}.tables").metadata, package, noun)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
