"""What a program of a step is bound to: the least of the processor, so much memory and disk, and no network."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from matinee.services.jobs.machine import memory
from matinee.services.jobs.programs import Bounds

_PR_SET_PDEATHSIG = 1
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_FIRST_TO_GO = b"800"
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_prctl, _unshare = (_libc.prctl, _libc.unshare) if _libc is not None else (None, None)
_MB = 1_000_000
_SHARE_OF_ALL = 0.75


class Confinement:
    """Called in the child between fork and exec, where nothing may fail, be imported or wait: what the system refuses is
    left out. `report` says what it allows."""

    def __init__(self, niceness: int, bounds: Bounds) -> None:
        self._parent = os.getpid()
        self._niceness = niceness
        self._limits = [(resource.RLIMIT_CORE, 0)]
        most_mb = bounds.memory_mb if bounds.memory_mb is not None else int(memory().total_mb * _SHARE_OF_ALL)
        self._limits.append((resource.RLIMIT_DATA, most_mb * _MB))
        if bounds.file_mb is not None:
            self._limits.append((resource.RLIMIT_FSIZE, bounds.file_mb * _MB))

    def __call__(self) -> None:
        os.nice(self._niceness)
        _go_first_when_memory_is_short()
        for limit, most in self._limits:
            hard = resource.getrlimit(limit)[1]
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (bound, bound))
        _leave_the_network()
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._parent:  # it died before the line above could count
            os._exit(1)


def _go_first_when_memory_is_short() -> None:
    """When the machine has no memory left the kernel ends this program, and not the house that serves viewers."""
    try:
        file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(file, _FIRST_TO_GO)
    except OSError:
        pass
    finally:
        os.close(file)


def _leave_the_network() -> None:
    """Into a network of its own without any interface. Root stays itself, since in a user namespace it could no longer read
    what others own; others need that namespace to be allowed so."""
    if _unshare is not None and _unshare(_NEW_NETWORK) != 0:
        _unshare(_NEW_USER | _NEW_NETWORK)


REPORT = """
import os, resource
print(os.nice(0), resource.getrlimit(resource.RLIMIT_DATA)[0], os.readlink("/proc/self/ns/net"))
"""
"""A Python program that prints what it is bound to: its niceness, most bytes of data, and the network it is in."""


NOT_NICED = "Steps cannot run niced here: they take the processor from viewers."
UNLIMITED = "Steps cannot be limited in memory here."
NETWORKED = "Steps cannot run without network here: the system allows no network namespace."


def faults(report: str) -> list[str]:
    """What this system refused to a program that printed `REPORT`: a sentence each."""
    found: list[str] = []
    niceness, most, network = report.split()
    if int(niceness) <= os.nice(0):
        found.append(NOT_NICED)
    if int(most) == resource.RLIM_INFINITY:
        found.append(UNLIMITED)
    if network == str(Path("/proc/self/ns/net").readlink()):
        found.append(NETWORKED)
    return found
