"""Errors by meaning. Each knows its HTTP status and the RFC 9457 `type` that a client acts on.

    MatineeError                        500 internal
    ├── Invalid                         400 invalid-request        the message itself is wrong; names the field
    ├── Unauthenticated                 401 unauthenticated        no credential, or one that no longer counts
    ├── PaymentRequired                 402 payment-required
    ├── Forbidden                       403 forbidden              known, and not allowed
    ├── NotFound                        404 not-found              absent, or not for this viewer to know of
    ├── Conflict                        409 conflict               true once, not now
    ├── TooLarge                        413 too-large
    ├── RateLimited                     429 rate-limited
    ├── NoSuchMethod                    501 no-such-method
    ├── Unavailable                     503 unavailable            try again later
    │   ├── OutOfSpace                  507 out-of-space
    │   └── PortTaken                   503 port-taken
    └── DeadlineExceeded                504 deadline-exceeded

A service's own errors derive from these and stand in its contract. A remote client raises the same class again: the
class is found by its `type`, so every `type` is used once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class Fault(Struct, frozen=True):
    """An error as it crosses a process border. `extra` holds the problem's extension members."""

    type: str
    detail: str
    extra: dict[str, Any]


class MatineeError(Exception):
    """The root. `detail` is one sentence for the person who asked; `extra` are RFC 9457 extension members."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    classes: ClassVar[dict[str, type[MatineeError]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        MatineeError.classes[cls.type] = cls

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """The members of an RFC 9457 problem; what the error carries besides stands beside them."""
        members = {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail}
        return {**self.extra, **members}

    def fault(self) -> Fault:
        return Fault(self.type, self.detail, self.extra)


def raised(fault: Fault) -> MatineeError:
    """The error that a fault from another process stands for."""
    return MatineeError.classes.get(fault.type, MatineeError)(fault.detail, **fault.extra)


class Invalid(MatineeError):
    status, type, title = 400, "invalid-request", "The request is not valid"


class Unauthenticated(MatineeError):
    status, type, title = 401, "unauthenticated", "Log in first"


class PaymentRequired(MatineeError):
    status, type, title = 402, "payment-required", "A payment is needed"


class Forbidden(MatineeError):
    status, type, title = 403, "forbidden", "This is not allowed"


class NotFound(MatineeError):
    status, type, title = 404, "not-found", "There is nothing here"


class Conflict(MatineeError):
    status, type, title = 409, "conflict", "This does not fit the present state"


class TooLarge(MatineeError):
    status, type, title = 413, "too-large", "This is too large"


class RateLimited(MatineeError):
    status, type, title = 429, "rate-limited", "Too many requests"


class NoSuchMethod(MatineeError):
    status, type, title = 501, "no-such-method", "There is no such method"


class Unavailable(MatineeError):
    status, type, title = 503, "unavailable", "This part is not available now; try again in a moment"


class OutOfSpace(Unavailable):
    status, type, title = 507, "out-of-space", "The disk is full"


class PortTaken(Unavailable):
    type, title = "port-taken", "The port is taken"


class DeadlineExceeded(MatineeError):
    status, type, title = 504, "deadline-exceeded", "The answer took too long"
