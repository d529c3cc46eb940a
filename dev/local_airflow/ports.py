"""Ports of this machine."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(*, preferred: int = 0) -> int:
    """A port on which nobody listens.

    :param preferred: this one if it is free; by default any.
    """
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: connections of yesterday's server do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"no port of {HOST} is free")
