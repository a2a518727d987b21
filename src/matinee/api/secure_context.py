"""Where browsers decrypt at all: EME needs a secure context (W3C Encrypted Media Extensions, section 3; Secure Contexts,
section 3.1: https, and this very machine by whatever scheme)."""

from __future__ import annotations

from ipaddress import ip_address

from matinee.api.viewer import Origin
from matinee.runtime.errors import Forbidden
from matinee.terms.encode import Encode


class SecureContextRequired(Forbidden):
    """`extra.remedy` says what to open instead."""

    type, title = "secure-context-required", "This film needs a secure connection"


def require(encode: Encode, origin: Origin) -> None:
    """Raises SecureContextRequired for an encrypted film, asked for at an address where no browser would decrypt it."""
    if encode.protection == "signed" or origin.scheme == "https" or _is_local(origin.host_name):
        return
    raise SecureContextRequired(
        f"This film is encrypted, and browsers decrypt only by https or at localhost; this is {origin.base}",
        remedy="Open Matinee by an https address, or on the machine that it runs on as localhost",
    )


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
