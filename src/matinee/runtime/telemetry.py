"""What a process tells of itself: a log without secrets, and Prometheus metrics.

Every logger, structlog's and the standard library's, ends in the same lines on standard error. The last step before a
line leaves is `cut`: no token, passport, password or session is ever written, wherever in the line it stood.
"""

from __future__ import annotations

import logging
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from structlog.typing import EventDict, Processor, WrappedLogger

from matinee.runtime import trace

_FILE_BYTES = 4 << 20
_LEAST = {"alembic": logging.WARNING, "uvicorn": logging.WARNING, "matinee.gateway.access": logging.INFO}
"""Of these less is said: how they begin and end is no news, and a line a request is asked for by name."""

_CUT = "…"
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SIGNED = re.compile(r"(URISigningPackage=)[^/\s\"'&]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization\W{1,5})(?:(?:bearer|basic)\s+)?[^\s\"',;}\]]+", re.IGNORECASE)
_BEARER = re.compile(r"(bearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_NAMED = re.compile(
    r"(\w*(?:token|password|secret|matinee_session|passport)[\"']?[=:]\s*[\"']?)[^\s\"'&;,}\]]+", re.IGNORECASE
)
_SECRETS = (_SIGNED, _AUTHORIZATION, _BEARER, _NAMED)


def cut(line: str) -> str:
    """The line without the secrets in it."""
    line = _JWT.sub(_CUT, line)
    for secret in _SECRETS:
        line = secret.sub(rf"\1{_CUT}", line)
    return line


def configure(process: str, *, json: bool = False, level: int = logging.INFO, file: Path | None = None) -> None:
    """Sets up the log of this process, once: short lines for people, or one JSON object a line.

    `file` gets the same lines and, of our own, those at debug level too: every program that a step starts, for one. It
    holds the last few megabytes; of requests only their errors stand in it.
    """
    shared = _shared(process, json=json)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    said = logging.StreamHandler(sys.stderr)
    said.setLevel(level)
    kept = [_kept(file)] if file is not None else []
    formatter = _formatter(shared, json=json)
    for handler in (said, *kept):
        handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [said, *kept]
    root.setLevel(level)
    for name, least in _LEAST.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.getLogger("matinee").setLevel(logging.DEBUG if kept else level)


def _shared(process: str, *, json: bool) -> list[Processor]:
    """What every line goes through, whichever logger it came from."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _Named(process),
        _traced,
        structlog.processors.TimeStamper(fmt="iso" if json else "%H:%M:%S", utc=json),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _formatter(shared: list[Processor], *, json: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False) if json else _short,
            lambda _, __, line: cut(str(line)),
        ],
    )


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


class _Named:
    """Puts the process's name on each line."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["process"] = self._process
        return event


def _traced(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (span := trace.current()) is not None:
        event["trace"] = span.trace_id
    return event


def _short(_: WrappedLogger, __: str, event: EventDict) -> str:
    """`12:00:01 warning core: the outbox waits 0.1 s  topic=titles`, then the traceback where there is one."""
    at, level, process, said = (event.pop(key, "") for key in ("timestamp", "level", "process", "event"))
    event.pop("trace", None)
    traceback = event.pop("exception", "")
    members = "".join(f"  {name}={_plain(value)}" for name, value in event.items())
    return f"{at} {level} {process}: {_plain(said)}{members}" + (f"\n{traceback}" if traceback else "")


def _plain(value: Any) -> str:
    """One line whatever is said: who writes a log line must not be able to write two."""
    return str(value).replace("\r", "\\r").replace("\n", "\\n").replace("\x1b", "\\x1b")
