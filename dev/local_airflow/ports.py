"""Free ports."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(*, preferred: int = 0) -> int:
    """Return a port on which nothing listens.

    :param preferred: the port to return if it is free; 0 for any.
    """
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As servers do, to ignore closed connections of an earlier server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"no port of {HOST} is free")
