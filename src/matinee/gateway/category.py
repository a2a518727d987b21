from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """How a request ended, in Zuul's words: who is to blame for what did not succeed.

    LOCAL is the gateway itself: SUCCESS_LOCAL_NOTSET where it answered (Zuul's name for what no origin has set), NO_ROUTE where
    it knows nothing at that path. FAILURE_LOCAL_THROTTLED is one that Zuul keeps to itself: over a rate, or the gateway is
    overloaded. Zuul's others cannot happen here: requests are held back behind one another (CLIENT_PIPELINE_REJECT), servers
    may have any number of connections (ORIGIN_SERVER_MAXCONN), and one whose TLS ends has reset its connection
    (CLOSE_NOTIFY_CONNECTION).
    """

    __hash__ = str.__hash__  # Enum's own is written in Python, and this is counted for every request

    SUCCESS = "SUCCESS"
    SUCCESS_NOT_FOUND = "SUCCESS_NOT_FOUND"
    SUCCESS_LOCAL_NOTSET = "SUCCESS_LOCAL_NOTSET"
    SUCCESS_LOCAL_NO_ROUTE = "SUCCESS_LOCAL_NO_ROUTE"
    FAILURE_LOCAL = "FAILURE_LOCAL"
    FAILURE_LOCAL_THROTTLED = "FAILURE_LOCAL_THROTTLED"
    FAILURE_LOCAL_THROTTLED_ORIGIN_CONCURRENCY = "FAILURE_LOCAL_THROTTLED_ORIGIN_CONCURRENCY"
    FAILURE_LOCAL_IDLE_TIMEOUT = "FAILURE_LOCAL_IDLE_TIMEOUT"
    FAILURE_ORIGIN = "FAILURE_ORIGIN"
    FAILURE_ORIGIN_THROTTLED = "FAILURE_ORIGIN_THROTTLED"
    FAILURE_ORIGIN_READ_TIMEOUT = "FAILURE_ORIGIN_READ_TIMEOUT"
    FAILURE_ORIGIN_CONNECTIVITY = "FAILURE_ORIGIN_CONNECTIVITY"
    FAILURE_ORIGIN_RESET_CONNECTION = "FAILURE_ORIGIN_RESET_CONNECTION"
    FAILURE_ORIGIN_NO_SERVERS = "FAILURE_ORIGIN_NO_SERVERS"
    FAILURE_CLIENT_BAD_REQUEST = "FAILURE_CLIENT_BAD_REQUEST"
    FAILURE_CLIENT_CANCELLED = "FAILURE_CLIENT_CANCELLED"
    FAILURE_CLIENT_TIMEOUT = "FAILURE_CLIENT_TIMEOUT"


SUCCESS = Category.SUCCESS


def of_server(status: int) -> Category:
    """The category of a server's whole answer: what it refuses a client it has answered, all the same."""
    if status < 400:
        return SUCCESS
    if status in {404, 410}:
        return Category.SUCCESS_NOT_FOUND
    if status in {429, 503}:
        return Category.FAILURE_ORIGIN_THROTTLED
    return Category.FAILURE_ORIGIN if is_fault(status) else SUCCESS


def is_fault(status: int) -> bool:
    """Whether a server's answer speaks against the server: that it does not know a method (501) does not."""
    return status >= 500 and status != 501


def of_gateway(status: int) -> Category:
    """The category of an answer that the gateway gave itself."""
    if status < 400:
        return Category.SUCCESS_LOCAL_NOTSET
    if status == 404:
        return Category.SUCCESS_LOCAL_NO_ROUTE
    if status == 408:
        return Category.FAILURE_CLIENT_TIMEOUT
    if status in {429, 503}:
        return Category.FAILURE_LOCAL_THROTTLED
    return Category.FAILURE_CLIENT_BAD_REQUEST if status < 500 else Category.FAILURE_LOCAL
