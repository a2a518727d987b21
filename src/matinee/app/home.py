"""Where things lie under `$MATINEE_HOME`."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from matinee.runtime.errors import Unavailable

DEFAULT_HOME = Path("matinee-data")
LONGEST_FOLDER, LONGEST_SOCKET = 75, 107
_PROBED_BYTES = 1 << 16


class UnusableHome(Unavailable):
    type, title = "unusable-home", "The data folder cannot be used"


class Home:
    """The data folder; only its owner may look in."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.secrets = self.path / "secrets"
        self.stores = self.path / "stores"
        self.objects = self.path / "objects"
        self.log = self.path / "log"
        self.sockets = _short(self.path / "run")
        self.scratch = self.path / "scratch"
        self.appliances = self.path / "appliances"
        self.locks = self.path / "locks"
        self.followed = self.path / "followed"
        """What each process was told last by those it follows."""
        self.logs = self.path / "logs"
        """What the processes say, in files; `log` is the log of events."""
        self.clock = self.path / "clock"

    def make(self) -> None:
        """Makes the folders. Raises UnusableHome with the reason."""
        stored = (
            self.secrets,
            self.stores,
            self.objects,
            self.log,
            self.scratch,
            self.appliances,
            self.locks,
            self.followed,
            self.logs,
        )
        try:
            for folder in (self.path, *stored, self.sockets):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.path, self.sockets):
                probe = folder / f".probe-{os.getpid()}"
                _write(probe)
        except OSError as wrong:
            raise UnusableHome(f"cannot write to the data folder {self.path}: {wrong.strerror}") from wrong
        self._check_sockets()

    def _check_sockets(self) -> None:
        """The stand-in lies where everyone may write: it must be our own folder, and no one else's to look into."""
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise UnusableHome(f"{self.sockets} is not a folder of this user alone; remove it")

    def known(self) -> None:
        """Raises UnusableHome where the folder is not one of Matinee's."""
        if not (self.secrets.is_dir() and self.stores.is_dir()):
            raise UnusableHome(f"{self.path} is not a data folder of Matinee; nothing was changed")

    def store(self, name: str) -> str:
        return f"sqlite:///{self.stores / name}.sqlite"

    def socket(self, name: str) -> Path:
        """Raises UnusableHome where the name is too long for one."""
        path = self.sockets / f"{name}.sock"
        if len(bytes(path)) > LONGEST_SOCKET:
            raise UnusableHome(
                f"the name {name!r} is too long for a socket in {self.sockets}; give a shorter one with --name"
            )
        return path

    def lead(self, name: str, path: Path) -> None:
        """From now on the socket `name` is a link to this one beside it, whoever had the name before."""
        link = self.socket(name)
        draft = link.with_suffix(f".{path.stem}")
        draft.unlink(missing_ok=True)
        draft.symlink_to(path.name)
        draft.rename(link)


def _write(probe: Path) -> None:
    """An empty file fits on a full disk; this one does not."""
    try:
        probe.write_bytes(bytes(_PROBED_BYTES))
    finally:
        probe.unlink(missing_ok=True)


def _short(path: Path) -> Path:
    """A Unix socket's path is at most 107 bytes long (unix(7)); a deep home gets a stand-in in the system's temp folder."""
    if len(bytes(path)) <= LONGEST_FOLDER:
        return path
    return Path(tempfile.gettempdir()) / f"matinee-{os.getuid()}-{hashlib.sha256(bytes(path)).hexdigest()[:16]}"
