"""What the gateway itself refuses, beside the errors of `runtime/errors.py`.

MatineeError
├── BadRequest              400 malformed-request        not HTTP as RFC 9112 has it, or two readings of it are possible
│   └── UpgradeRefused      400 upgrade-refused
├── MethodRefused           405 method-not-allowed
├── RequestTimeout          408 request-timeout          the client stopped in the middle of a request
├── TargetTooLong           414 target-too-long
├── ExpectationFailed       417 expectation-failed
├── Misdirected             421 misdirected-request      a host name that is not ours
├── UpgradeRequired         426 upgrade-required         only WebSocket is spoken there
├── HeadersTooLarge         431 headers-too-large
├── BadGateway              502 bad-gateway              a server died, or answered what is not HTTP
├── VersionRefused          505 version-not-supported
├── Forbidden
│   ├── ForeignOrigin       403 foreign-origin           a page of another site asks with this member's cookie
│   └── LoopbackOnly        403 loopback-only
└── Unavailable
    ├── Overloaded          503 overloaded
    ├── OriginBusy          503 origin-busy              as much is under way at the servers behind as they can bear
    ├── NoServers           503 no-servers
    ├── UnderMaintenance    503 under-maintenance
    └── FilterBusy          503 filter-busy              an operator's filter took too long, or has too much to do
"""

from __future__ import annotations

from matinee.gateway.category import Category
from matinee.runtime.errors import Forbidden, MatineeError, Unavailable


class BadRequest(MatineeError):
    status, type, title = 400, "malformed-request", "The request is not well-formed HTTP/1.1"


class UpgradeRefused(BadRequest):
    status, type, title = 400, "upgrade-refused", "This server does not take WebSocket upgrades"


class MethodRefused(MatineeError):
    status, type, title = 405, "method-not-allowed", "This method is not allowed here"


class RequestTimeout(MatineeError):
    status, type, title = 408, "request-timeout", "The request did not arrive in time"


class TargetTooLong(MatineeError):
    status, type, title = 414, "target-too-long", "The request's URL is too long"


class ExpectationFailed(MatineeError):
    status, type, title = 417, "expectation-failed", "Only `Expect: 100-continue` is understood"


class Misdirected(MatineeError):
    status, type, title = 421, "misdirected-request", "This server does not answer for that host name"


class UpgradeRequired(MatineeError):
    status, type, title = 426, "upgrade-required", "Only WebSocket is spoken here; open it"


class HeadersTooLarge(MatineeError):
    status, type, title = 431, "headers-too-large", "The request's headers are too large"


class BadGateway(MatineeError):
    status, type, title = 502, "bad-gateway", "A server behind the gateway failed while it answered"


class VersionRefused(MatineeError):
    status, type, title = 505, "version-not-supported", "Only HTTP/1.1 and HTTP/1.0 are understood"
    category = Category.FAILURE_CLIENT_BAD_REQUEST


class ForeignOrigin(Forbidden):
    type, title = "foreign-origin", "A page of another site may not do this in a member's name"


class LoopbackOnly(Forbidden):
    type, title = "loopback-only", "This is taken from the machine itself only"


class Overloaded(Unavailable):
    type, title = "overloaded", "Too many requests are under way; try again in a moment"


class OriginBusy(Unavailable):
    type, title = "origin-busy", "The servers for this have as much to do as they can bear; try again in a moment"
    category = Category.FAILURE_LOCAL_THROTTLED_ORIGIN_CONCURRENCY


class NoServers(Unavailable):
    type, title = "no-servers", "No server for this can be reached; try again in a moment"


class UnderMaintenance(Unavailable):
    type, title = "under-maintenance", "This part of the service is being worked on; try again later"


class FilterBusy(Unavailable):
    type, title = "filter-busy", "A filter that must look at this request first did not come to it in time"
