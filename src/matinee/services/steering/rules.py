"""The order of appliances for one encode. Pure: the reports come in, the ranking comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from matinee.services.steering.contract import NoAppliance, Ranked, Report

SILENT_S = 3.0
"""An appliance that has not reported for this long is out of every answer."""

LACKS_FILE = "C"
_BANDS = 10


def rank(reports: Iterable[Report], encode_path: str, host: str, shunned: Collection[str]) -> list[Ranked]:
    """Those that hold the encode before those that must fetch it, the less loaded first, equals by rendezvous hash.

    Load is compared in tenths: a hundredth more work must not scatter a title over all appliances. Those that this client
    found dead come last, and are still there when there are no others. Raises NoAppliance.
    """
    able = [report for report in reports if report.healthy and (encode_path in report.encodes or not report.full)]
    if not able:
        raise NoAppliance

    def place(report: Report) -> tuple[bool, bool, int, bytes, str]:
        return (
            report.appliance_id in shunned,
            encode_path not in report.encodes,
            band(report.load),
            rendezvous(encode_path, report.appliance_id),
            report.appliance_id,
        )

    return [
        Ranked(
            id=report.appliance_id,
            url=report.url.replace("{host}", host),
            rank=position,
            miss="" if encode_path in report.encodes else LACKS_FILE,
        )
        for position, report in enumerate(sorted(able, key=place))
    ]


def band(load: float) -> int:
    """Load in whole tenths, 0 to 10."""
    return min(_BANDS, max(0, int(load * _BANDS)))


def rendezvous(encode_path: str, appliance_id: str) -> bytes:
    """Highest random weight hashing (Thaler and Ravishankar 1996), the lowest first: an appliance that comes or goes moves
    only the titles that it wins or loses."""
    return hashlib.blake2b(f"{encode_path}\n{appliance_id}".encode(), digest_size=8).digest()
