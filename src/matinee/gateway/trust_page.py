"""What a home network's viewers need once on each device: the root certificate of this house, and where to put it. It is given
in the clear, for without it a device trusts nothing here; whoever installs it compares the fingerprint with the terminal's."""

from __future__ import annotations

from html import escape

from matinee.gateway.answer import Answer, Fields, problem
from matinee.gateway.errors import MethodRefused
from matinee.gateway.request import Request
from matinee.runtime.errors import NotFound

ROOT = "/matinee-root.crt"

_STEPS = (
    (
        "iPhone, iPad",
        (
            "Open this page in Safari and tap the button; allow the download. Then Settings → <i>Profile Downloaded</i> → Install. "
            "Last: Settings → General → About → Certificate Trust Settings → switch Matinee on."
        ),
    ),
    (
        "Android",
        (
            "Tap the button. Then Settings → Security → More security settings → Encryption &amp; credentials → "
            "Install a certificate → CA certificate → Install anyway, and choose <i>matinee-root.crt</i>."
        ),
    ),
    (
        "Windows",
        (
            "Open the file → Install Certificate → Local Machine → Place all certificates in the following store → "
            "<i>Trusted Root Certification Authorities</i>."
        ),
    ),
    (
        "macOS",
        "Open the file; it goes to Keychain Access. Open Matinee there and under Trust choose <i>Always Trust</i>.",
    ),
    (
        "Linux, Chrome",
        "Settings → Privacy and security → Security → Manage certificates → Authorities → Import, and let it identify websites.",
    ),
    (
        "Firefox",
        "Settings → Privacy &amp; Security → View Certificates → Authorities → Import, and let it identify websites.",
    ),
)
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.5rem;background:#111;color:#eee}"
    "a{color:#8ecbff}.get{display:inline-block;padding:.7rem 1.2rem;border-radius:.4rem;background:#e8e8e8;color:#111;"
    "text-decoration:none;font-weight:600}code{overflow-wrap:anywhere}h2{font-size:1.05rem;margin-bottom:0}p{margin-top:.3rem}"
)


class TrustPage:
    """An endpoint for a listener of its own. `certificate` is the root in DER, `fingerprint` its SHA-256 as people compare it,
    `urls` are those of the front door."""

    def __init__(self, certificate: bytes, fingerprint: str, urls: list[str]) -> None:
        page: Fields = ((b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"))
        root: Fields = (
            (b"content-type", b"application/x-x509-ca-cert"),
            (b"content-disposition", b'attachment; filename="matinee-root.crt"'),
            (b"cache-control", b"no-store"),
        )
        self._answers = {
            b"/": Answer(200, page, _page(fingerprint, urls).encode()),
            ROOT.encode(): Answer(200, root, certificate),
        }

    def __call__(self, request: Request) -> Answer:
        if request.method not in {b"GET", b"HEAD"}:
            return problem(MethodRefused("This can be read only", allow="GET, HEAD"))
        return self._answers.get(request.path) or problem(NotFound("Here is only the page at / and the certificate"))


def _page(fingerprint: str, urls: list[str]) -> str:
    steps = "".join(f"<h2>{system}</h2><p>{step}</p>" for system, step in _STEPS)
    links = "".join(f'<li><a href="{escape(url)}">{escape(url)}</a></li>' for url in urls)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Trust this Matinee</title><style>{_STYLE}</style><h1>Trust this Matinee</h1>"
        "<p>Once on each device: install this house's certificate. It counts for this home network only.</p>"
        f'<p><a class="get" href="{ROOT}">Get the certificate</a></p>'
        "<p>Its fingerprint (SHA-256) must be the one that the terminal of Matinee shows:"
        f"<br><code>{escape(fingerprint)}</code></p>"
        f"{steps}<h2>Then open Matinee</h2><ul>{links}</ul></html>"
    )
