"""The table of a house whose operator has written none.

Its rates are for machines: nobody logs in or signs up three hundred times in a row, a film festival's hall behind one address
may. Wrong passwords are counted by e-mail beside them (`services/accounts`).
"""

from __future__ import annotations

from matinee.terms.routing import Match, Priority, Rate, RateBy, Route, RouteTable

API = "api"
_POLLED = ("studio", "operations", "open-connect")  # by staff and appliances
_ROWS, _SESSIONS = "/api/discovery", "/api/play/sessions"
_RATES = [Rate(500, burst=5000)]

STANDARD = RouteTable(
    [
        # of a session that plays: its heartbeats and licences may be asked for twice, the session itself may not
        Route(
            "playing-ahead",
            Match(_SESSIONS, prefetch=True),
            to=API,
            priority=Priority.PREFETCH,
            rates=_RATES,
            repeatable=True,
        ),
        Route("playing", Match(_SESSIONS), to=API, priority=Priority.PLAY, repeatable=True),
        Route("play-ahead", Match("/api/play", prefetch=True), to=API, priority=Priority.PREFETCH, rates=_RATES),
        Route("play", Match("/api/play"), to=API, priority=Priority.PLAY),
        Route("beacon", Match("/api/beacon"), to=API, priority=Priority.BEACON),
        Route("push", Match("/api/push"), to=API, rates=[Rate(2, burst=300)], tunnel=True),  # the gateway's own
        Route("log-in", Match("/api/session", methods=["POST"]), to=API, rates=[Rate(2, burst=300, by=RateBy.ADDRESS)]),
        Route("sign-up", Match("/api/signup", methods=["POST"]), to=API, rates=[Rate(1, burst=300, by=RateBy.ADDRESS)]),
        *(Route(name, Match(f"/api/{name}"), to=API, rates=_RATES, polls=True) for name in _POLLED),
        # rows and pages of titles: much text, and no secrets
        Route(
            "browse-ahead", Match(_ROWS, prefetch=True), to=API, priority=Priority.PREFETCH, rates=_RATES, compress=True
        ),
        Route("browse", Match(_ROWS), to=API, rates=_RATES, compress=True),
        Route("ahead", Match("/api", prefetch=True), to=API, priority=Priority.PREFETCH, rates=_RATES),
        Route("api", Match("/api"), to=API, rates=_RATES),
    ]
)
