from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """How a request ended, in Zuul's words: who is to blame for what did not succeed."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and this is counted for every request

    SUCCESS = "SUCCESS"
    SUCCESS_NOT_FOUND = "SUCCESS_NOT_FOUND"
    FAILURE_LOCAL = "FAILURE_LOCAL"
    FAILURE_LOCAL_THROTTLED = "FAILURE_LOCAL_THROTTLED"
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
    """The category of a server's whole answer."""
    if status < 400:
        return SUCCESS
    if status in {404, 410}:
        return Category.SUCCESS_NOT_FOUND
    if status in {429, 503}:
        return Category.FAILURE_ORIGIN_THROTTLED
    return Category.FAILURE_CLIENT_BAD_REQUEST if status < 500 else Category.FAILURE_ORIGIN


def of_gateway(status: int) -> Category:
    """The category of an answer that the gateway gave itself."""
    if status < 400:
        return SUCCESS
    if status == 404:
        return Category.SUCCESS_NOT_FOUND
    if status == 408:
        return Category.FAILURE_CLIENT_TIMEOUT
    if status in {429, 503}:
        return Category.FAILURE_LOCAL_THROTTLED
    return Category.FAILURE_CLIENT_BAD_REQUEST if status < 500 else Category.FAILURE_LOCAL
