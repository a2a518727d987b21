"""How the members of a group, in any process, share out a topic's partitions: each partition's mark is the group's offset and,
taken as a lock, says whose it is. Each member holds a file of its own, so that the others can count who is alive."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

from matinee.backends.log.mark import Mark


class Member:
    """One member of a group. Its share is the same for all, rounded up; what it has beyond that it gives back."""

    def __init__(self, folder: Path, partitions: int) -> None:
        self._folder = folder
        self._partitions = partitions
        self._held: dict[int, Mark] = {}
        self._sharing = threading.Lock()
        self._left = False
        self._path = folder / f"{uuid.uuid4().hex}.member"
        self._life = self._enlisted()

    def offsets(self) -> dict[int, int]:
        """The group's offset in each partition that is this member's; 0 at the topic's start."""
        return {number: mark.get() or 0 for number, mark in self._held.items()}

    def keep(self, offsets: dict[int, int]) -> None:
        """Moves the group on, in the partitions that are still this member's."""
        for number, offset in offsets.items():
            if number in self._held:
                self._held[number].put(offset)

    def share(self, busy: set[int]) -> None:
        """Takes what nobody has, and gives back what is more than its share and not busy."""
        with self._sharing:  # a poll that was cancelled may have left its share at work
            if self._left:
                return
            if not self._path.exists():  # another member thought us dead, in the instant before we took our file
                self._life.close()
                self._life = self._enlisted()
            most = -(-self._partitions // max(1, self._alive()))
            for number in [number for number in self._held if number not in busy][: max(0, len(self._held) - most)]:
                self._held.pop(number).close()
            for number in range(self._partitions):
                if len(self._held) >= most:
                    return
                if number not in self._held:
                    self._try(number)

    def leave(self) -> None:
        with self._sharing:
            self._left = True
            for mark in self._held.values():
                mark.close()
            self._held.clear()
            self._path.unlink(missing_ok=True)
            self._life.close()

    def _enlisted(self) -> Mark:
        life = Mark(self._path)
        life.take()
        return life

    def _try(self, number: int) -> None:
        mark = Mark(self._folder / f"{number}.offset")
        if mark.take():
            self._held[number] = mark
        else:
            mark.close()

    def _alive(self) -> int:
        return 1 + sum(_lives(path) for path in self._folder.glob("*.member") if path != self._path)


def _lives(path: Path) -> bool:
    mark = Mark(path)
    try:
        if not mark.take():
            return True
        path.unlink(missing_ok=True)  # its member was killed
        return False
    finally:
        mark.close()
