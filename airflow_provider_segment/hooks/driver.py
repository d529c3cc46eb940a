"""What both drivers share beside the network: where messages go, and which faults of TLS will not pass."""

from __future__ import annotations

import ssl
from typing import Any, Protocol


class LogSink(Protocol):
    """What Airflow's loggers and the standard library's have in common."""

    def log(self, level: int, msg: Any, /, *args: Any) -> Any:
        """Log with a level of the standard library's."""


_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, TimeoutError)


def speaks_no_tls(cause: BaseException) -> bool:
    """Whatever goes wrong in TLS before it is agreed on will go wrong again; a connection that ends will not."""
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, _ENDED)
