from __future__ import annotations

from math import log

FLOOR_S = 0.002
"""Added to every latency: between answers quicker than this there is nothing to choose."""


class Record:
    """What this gateway has seen of one server.

    `answered` and `failed` only add up; `settle` lets the past fade, so that numbers are those of the last moments: what goes
    wrong now must not hide behind what went well. `latency` is the mean of logarithms (of seconds and `FLOOR_S`), so that a few
    long polls among many quick answers do not make a server look slow, and one that is slow at everything does. `slowness` and
    `trouble` are what `cost` finds of it. `silence_s` is how long requests have waited while nobody was answered, as far as seen
    since the last settling; `silent_s` is what it was then.
    """

    __slots__ = (
        "_all", "_answers", "_failures", "_good", "_logs", "answers", "failures", "gateway_in_a_row", "in_a_row", "known",
        "latency", "logs", "proven", "reported", "silence_s", "silent_s", "slowness", "told", "trouble", "utilization",
    )  # fmt: skip

    def __init__(self) -> None:
        self.answers = 0
        self.failures = 0
        self.logs = 0.0
        self.told = 0.0
        self.in_a_row = 0
        self.gateway_in_a_row = 0
        self.silence_s = 0.0
        self.silent_s = 0.0
        self.slowness = 0.0
        self.trouble = 0.0
        self.reported: bytes | None = None
        self.utilization = 0.0
        self.latency = 0.0
        self.known = False
        self.proven = False
        self._answers = 0.0
        self._failures = 0.0
        self._logs = 0.0
        self._good = 0
        self._all = 0

    def answered(self, took_s: float, now: float) -> None:
        """An answer that is no server error began after `took_s`. Called for every request: keep it cheap."""
        self.told = now
        self.answers += 1
        self.logs += log(took_s + FLOOR_S) if took_s > 0 else log(FLOOR_S)
        if self.in_a_row:
            self.in_a_row = self.gateway_in_a_row = 0

    def failed(self, now: float, *, gateway: bool) -> None:
        """A server error, or no answer at all; `gateway` where it was 502, 503, 504 or none."""
        self.told = now
        self.failures += 1
        self.in_a_row += 1
        self.gateway_in_a_row = self.gateway_in_a_row + 1 if gateway else 0

    def waited(self, since: float, now: float) -> None:
        """A request sent at `since` still waits, and perhaps the server has said nothing to anyone meanwhile."""
        silence = now - max(since, self.told)
        self.silence_s = max(self.silence_s, silence)

    def settle(self, keep: float) -> None:
        """Takes in what came since the last time; of the past, the share `keep` stays."""
        self._answers = self._answers * keep + self.answers
        self._failures = self._failures * keep + self.failures
        self._logs = self._logs * keep + self.logs
        self._good += self.answers
        self._all += self.answers + self.failures
        self.proven = self.answers > 0
        self.answers = self.failures = 0
        self.logs = 0.0
        if self._answers > 0:
            self.latency = self._logs / self._answers
            self.known = True

    def read(self, keep: float) -> None:
        """Reads what the server has reported last; what it once said fades by the share `keep`."""
        if self.reported is not None:
            self.utilization = share(self.reported)
            self.reported = None
        else:
            self.utilization *= keep

    def tally(self) -> tuple[int, int]:
        """Successes and requests since the last tally."""
        counted = self._good, self._all
        self._good = self._all = 0
        return counted

    def forgive(self) -> None:
        """Failures so far have had their consequence."""
        self.in_a_row = self.gateway_in_a_row = self.failures = 0
        self._failures = self.trouble = 0.0

    @property
    def weight(self) -> float:
        """How many answers the latency stands for."""
        return self._answers

    @property
    def error_rate(self) -> float:
        """The share of failures in the last moments; a single one in a quiet time does not make it 1."""
        failures = self._failures + self.failures
        return failures / (self._answers + self.answers + failures + 1)


def share(reported: bytes) -> float:
    """The share that a server says of itself: 0 to 1, 0 for what is not a number."""
    try:
        return min(1.0, max(0.0, float(reported)))
    except ValueError:
        return 0.0
