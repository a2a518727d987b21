"""What a process tells of itself: a log without secrets, and Prometheus metrics.

Every logger ends in the same lines on standard error. The last step before a
line leaves is `cut`: no token, passport, password or session is ever written, wherever in the line it stood.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from matinee.runtime import trace

_FILE_BYTES = 4 << 20
_ACCESS = ("matinee.gateway.access", "matinee.api.access", "matinee.runtime.rpc.server.access")
_LEAST = {"alembic": logging.WARNING, "uvicorn": logging.WARNING}
"""Of these less is said: how they begin and end is no news, and a line a request is asked for by name."""

_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has; the rest a caller gave as `extra`."""

_CUT = "…"
_STEERING = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{5,1000}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SIGNED = re.compile(r"(URISigningPackage=)[^/\s\"'&]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization\W{1,5})(?:(?:bearer|basic)\s+)?[^\s\"',;}\]]+", re.IGNORECASE)
_BEARER = re.compile(r"(bearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_NAMED = re.compile(
    r"((?:token|password|secret|matinee_session|passport)[\"']?[=:]\s*[\"']?)[^\s\"'&;,}\]]+", re.IGNORECASE
)
_SECRETS = (_SIGNED, _AUTHORIZATION, _BEARER, _NAMED)


def cut(line: str) -> str:
    """The line without the secrets in it. Much of it may be a stranger's: what is looked for must cost as much as it is long."""
    line = _JWT.sub(_CUT, line)
    for secret in _SECRETS:
        line = secret.sub(rf"\1{_CUT}", line)
    return line


def configure(
    process: str, *, json: bool = False, level: int = logging.INFO, file: Path | None = None, access: bool = False
) -> None:
    """Sets up the log of this process, once: short lines for people, or one JSON object a line. With `access` a line for each
    request and each operation too.

    `file` gets the same lines and, of our own, those at debug level too: every program that a step starts, for one. It
    holds the last few megabytes; of requests only their errors stand in it.
    """
    said = logging.StreamHandler(sys.stderr)
    said.setLevel(level)
    kept = [_kept(file)] if file is not None else []
    formatter = Json(process) if json else Short(process)
    for handler in (said, *kept):
        handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [said, *kept]
    root.setLevel(level)
    for name, least in _LEAST.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.getLogger("matinee").setLevel(logging.DEBUG if kept else level)
    for name in _ACCESS:
        logging.getLogger(name).setLevel(logging.INFO if access else logging.WARNING)


class Short(logging.Formatter):
    """`12:00:01 warning core: the outbox waits 0.1 s  topic=titles`, then the traceback where there is one."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%H:%M:%S")
        members = "".join(f"  {name}={_plain(value)}" for name, value in {**_members(record), **_belongs()}.items())
        line = f"{at} {record.levelname.lower()} {self._process}: {_plain(record.getMessage())}{members}"
        return cut(f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


class Json(logging.Formatter):
    """One object a line: `timestamp`, `level`, `process`, `event`, the `trace` and `request` it belongs to, and what else was
    said."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "process": self._process,
            "event": record.getMessage(),
            **_members(record),
        }
        said.update(_belongs())
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return cut(msgspec.json.encode(said, enc_hook=str).decode())


def _members(record: logging.LogRecord) -> dict[str, Any]:
    """What a caller gave as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


def _belongs() -> dict[str, str]:
    """The trace that runs, and the request that all is done for."""
    span = trace.current()
    if span is None:
        return {}
    request = {"request": span.request_id} if span.request_id else {}
    return {**request, "trace": span.trace_id}


class _Kept(RotatingFileHandler):
    """Goes without a line that a full disk does not take: what matters of it stands on standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def _kept(file: Path) -> logging.Handler:
    handler = _Kept(file, maxBytes=_FILE_BYTES, backupCount=2, encoding="utf-8", delay=True)
    handler.setLevel(logging.DEBUG)
    return handler


def registry() -> CollectorRegistry:
    """The metrics of one process, with those of the process itself (CPU, memory, open files)."""
    made = CollectorRegistry(auto_describe=True)
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made


def exposition(metrics: CollectorRegistry) -> tuple[bytes, str]:
    """The body and the content type of `/metrics`."""
    return generate_latest(metrics), CONTENT_TYPE_LATEST


def _plain(value: Any) -> str:
    """One line whatever is said: who writes a log line must not be able to write two."""
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], str(value))
