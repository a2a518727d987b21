"""Signatures of the simulated provider's webhooks, in Stripe's form: `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from matinee.services.billing.contract import BadSignature

TOLERANCE = timedelta(minutes=5)


def sign(secret: bytes, body: bytes, now: datetime) -> str:
    """The signature header of a body sent now."""
    at = int(now.timestamp())
    return f"t={at},v1={_mac(secret, at, body)}"


def check(secret: bytes, body: bytes, signature: str, now: datetime) -> None:
    """Raises BadSignature where it is another's, of another body, or older than five minutes."""
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    stated = parts.get("t", "")
    at = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 13 else 0
    mine, theirs = _mac(secret, at, body).encode(), parts.get("v1", "").encode()
    if not hmac.compare_digest(mine, theirs) or abs(now.timestamp() - at) > TOLERANCE.total_seconds():
        raise BadSignature


def _mac(secret: bytes, at: int, body: bytes) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
