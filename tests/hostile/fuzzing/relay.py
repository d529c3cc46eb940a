"""A relay in front of the sandbox that records every request, because the journal has no headers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.hostile.server import Behaviour, Talk, pump


@dataclass(frozen=True)
class Sent:
    """A request as it was on the wire."""

    line: str
    headers: dict[str, list[str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def relaying(*, to: int) -> Behaviour:
    """Return a behaviour that forwards every request and its response.

    :param to: port of the server on this machine.
    """

    def behave(talk: Talk) -> None:
        with socket.create_connection(("127.0.0.1", to)) as far:
            threading.Thread(target=pump, args=(far, talk.connection), daemon=True).start()
            while True:
                far.sendall(talk.read_request())

    return behave


def read_all(requests: list[bytes]) -> Iterator[Sent]:
    """Parse requests strictly."""
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        line, *rest = head.decode("ascii").split("\r\n")
        headers: dict[str, list[str]] = {}
        for each in rest:
            name, separator, value = each.partition(": ")
            assert separator, f"not a header: {each!r}"
            headers.setdefault(name.lower(), []).append(value)
        yield Sent(line, headers, body)
