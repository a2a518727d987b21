"""The security headers of every answer, and the Content-Security-Policy (CSP Level 3) that a page or plain data gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from matinee.gateway.hosts import Site

_PLAIN = (
    b"x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\nx-frame-options: SAMEORIGIN\r\n"
    b"cross-origin-opener-policy: same-origin\r\npermissions-policy: geolocation=(), camera=(), microphone=()\r\n"
)
_NOTHING = b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
_YEAR_S = 365 * 86400


class Policy:
    """Makes the headers. `appliances` gives the origins that media come from now; it is asked for each page served. An origin
    may hold `{host}`, which stands for the host name by which the page was reached."""

    def __init__(self, appliances: Callable[[], Iterable[str]], *, https: bool = False) -> None:
        self._appliances = appliances
        self.plain = _PLAIN + (b"strict-transport-security: max-age=%d\r\n" % _YEAR_S if https else b"")
        self.of_data = self.plain + _NOTHING

    def of_page(self, site: Site) -> bytes:
        """The headers of an HTML page reached at `site`: those of all answers, and its Content-Security-Policy."""
        origins = {origin.replace("{host}", site.name) for origin in self._appliances()}
        media = "".join(f" {origin}" for origin in sorted(origins) if _is_origin(origin))
        rules = (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # players place captions with style attributes
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{media}",
            f"media-src 'self' blob:{media}",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "frame-ancestors 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
        return self.plain + b"content-security-policy: " + "; ".join(rules).encode() + b"\r\n"


def _is_origin(text: str) -> bool:
    """A word that cannot end its directive or begin another header."""
    return text.isascii() and text.startswith(("http://", "https://")) and not any(c in text for c in " ;,'\"\r\n\t")
