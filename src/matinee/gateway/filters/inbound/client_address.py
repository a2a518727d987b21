from __future__ import annotations

from matinee.gateway.overload import addresses
from matinee.gateway.overload.addresses import Proxies
from matinee.gateway.request import Peer, Request


class ClientAddress:
    """Behind a proxy that is trusted, the client is whom that proxy names, and came by the scheme that it says. Of the two
    headers for it one is read, that which the proxies write: the other one may be the client's own."""

    def __init__(self, proxies: Proxies, *, standard: bool = False) -> None:
        self._proxies = proxies
        self._standard = standard

    def __call__(self, request: Request) -> None:
        peer = request.peer
        if not peer.trusted:
            return
        address, scheme = (self._forwarded if self._standard else self._x_forwarded)(request)
        if address != peer.address or (scheme and scheme != peer.scheme):
            request.peer = Peer(address, peer.own, scheme or peer.scheme)

    def _x_forwarded(self, request: Request) -> tuple[str, str]:
        noted, scheme = request.header(b"x-forwarded-for"), request.header(b"x-forwarded-proto")
        chain = addresses.x_forwarded_for(noted) if noted else []
        return (
            self._proxies.client(chain, request.peer.address),
            addresses.x_forwarded_scheme(scheme) if scheme else "",
        )

    def _forwarded(self, request: Request) -> tuple[str, str]:
        noted = request.header(b"forwarded")
        if not noted:
            return request.peer.address, ""
        return (
            self._proxies.client(addresses.forwarded(noted), request.peer.address),
            addresses.forwarded_scheme(noted),
        )
