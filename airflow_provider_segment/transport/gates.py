"""The rate limit gates of this process: one for each token and each of Segment's limits."""

from __future__ import annotations

import random
import threading
import time

from airflow_provider_segment.protocol.flow.gate import Gate
from airflow_provider_segment.protocol.flow.steps import Send
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.wire.messages import HeldBack, Request, RequestFailure, Response
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT
from airflow_provider_segment.transport.connection import SegmentConnection

_GATES: dict[tuple[str, SecretStr], Gates] = {}
_LOCK = threading.Lock()


class Gates:
    """The rate limit gates of one token at one base URL, shared by all threads and event loops of the process."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def enter(self, send: Send) -> HeldBack | None:
        """Let a request through, or hold it back.

        :param send: the step.
        :return: ``None`` if the request may be sent; ``leave`` must follow.
        """
        request, jitter = send.request, random.random()  # noqa: S311 - not a secret
        with self._lock:
            gate = self._gates.get(request.limited_as)
            if gate is None:
                gate = self._gates[request.limited_as] = Gate(limit=OWN_LIMIT if request.limited_as else None)
            now = time.monotonic()
            return gate.enter(now, poll=request.poll, slot=send.slot, max_wait=send.max_wait, jitter=jitter)

    def leave(self, request: Request, outcome: Response | RequestFailure | None) -> None:
        """Record the outcome of a request that was let through.

        :param request: the request.
        :param outcome: its outcome; ``None`` if it was cancelled.
        """
        with self._lock:
            self._gates[request.limited_as].leave(time.monotonic(), outcome if isinstance(outcome, Response) else None)

    def forget(self) -> None:
        """Forget the rate limits that are known so far."""
        with self._lock:
            self._gates.clear()


def gates_of(connection: SegmentConnection) -> Gates:
    """Return the rate limit gates for a connection's token and base URL.

    :param connection: the parsed connection.
    """
    key = (connection.base_url, connection.token)
    with _LOCK:
        return _GATES.setdefault(key, Gates())


def forget_all() -> None:
    """Forget all rate limits, for tests that reset their server."""
    with _LOCK:
        for gates in _GATES.values():
            gates.forget()
