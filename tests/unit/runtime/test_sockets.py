from __future__ import annotations

import socket

import pytest
from pytest_socket import SocketBlockedError


def test_a_unit_test_reaches_no_network() -> None:
    with pytest.raises((SocketBlockedError, UserWarning)):  # it warns before it raises
        socket.create_connection(("127.0.0.1", 9))
