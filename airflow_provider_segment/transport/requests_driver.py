"""The synchronous driver: sends requests with the ``requests`` library and sleeps with ``time.sleep``."""

from __future__ import annotations

import http.client
import ssl
import sys
import time
from collections.abc import Iterator
from typing import TypeVar

import requests
import urllib3

from airflow_provider_segment.masking import mask_secrets
from airflow_provider_segment.protocol.flow.steps import (
    Flow,
    Items,
    Log,
    MaskSecrets,
    Outcome,
    PagedFlow,
    Pause,
    Reply,
    Send,
    Step,
)
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.tracebacks import drop_frames
from airflow_provider_segment.protocol.wire.messages import RESPONSE_TIMED_OUT, Request, RequestFailure, Response
from airflow_provider_segment.transport.body import Body, BodyEncodingError, BodyTooLongError
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.deadline import DeadlineAdapter
from airflow_provider_segment.transport.gates import gates_of
from airflow_provider_segment.transport.network import LogSink, is_tls_failure, network_for

T = TypeVar("T")


class RequestsDriver:
    """A driver that runs flows over persistent connections of ``requests``.

    :param connection: the parsed connection.
    :param log: logger for the pauses and messages of flows.
    """

    def __init__(self, connection: SegmentConnection, log: LogSink) -> None:
        self._connection = connection
        self.network = network_for(connection)
        self._log = log
        self._gates = gates_of(connection)
        self._adapter = DeadlineAdapter()
        self._attempt = self._adapter.attempt

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to completion.

        :param flow: a generator that has not started.
        :return: its result.
        """
        outcome: Reply | None = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                result: T = stop.value
                return result
            outcome = self._take(step)

    def iterate(self, flow: PagedFlow[T]) -> Iterator[T]:
        """Iterate over the items of a flow, running the flow on demand.

        :param flow: a generator that has not started.
        """
        outcome: Reply | None = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration:
                return
            if isinstance(step, Items):
                yield from step.items
                outcome = None
            else:
                outcome = self._take(step)

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def _take(self, step: Step) -> Reply | None:
        match step:
            case Send(request):
                if (held := self._gates.enter(step)) is not None:
                    return held
                outcome: Outcome | None = None
                try:
                    outcome = self._send(request)
                finally:
                    self._gates.leave(request, outcome)
                return outcome
            case Pause(seconds, reason, level):
                self._log.log(level, "%s", printable(reason))
                time.sleep(seconds)
            case Log():
                self._log.log(step.level, "%s", step.text)
            case MaskSecrets(strings):
                mask_secrets(strings)
        return None

    def _send(self, request: Request) -> Outcome:
        started, before = time.monotonic(), sys.exception()
        self._attempt.begin(seconds=self._connection.timeout)
        try:
            with self._transmit(request) as response:
                body = _read(response)
        except BodyTooLongError as error:
            return RequestFailure(reason=str(error), sent=True, transient=False, seconds=time.monotonic() - started)
        except _FAULTS as error:
            return _request_failure(error, sent=self._attempt.sent, seconds=time.monotonic() - started)
        except BaseException as error:  # the task has timed out or was stopped, or a library has a defect
            drop_frames(error, until=before)
            raise
        seconds = time.monotonic() - started
        return Response(status=response.status_code, headers=response.headers, body=body, seconds=seconds)

    def _transmit(self, request: Request) -> requests.Response:
        """Pass the request to the adapter unchanged.

        ``Session.request`` would follow redirects, keep cookies, let a ``.netrc`` replace the token and re-encode the
        path. It would also take longer than all other work for a page.
        """
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self._connection.base_url + request.target
        prepared.headers = requests.structures.CaseInsensitiveDict({**self.network.headers, **request.headers})
        prepared.body = request.body
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        return self._adapter.send(
            prepared,
            stream=True,  # so that the size of the body can be limited
            timeout=self._connection.timeout,
            verify=self.network.ca or False,
            proxies={"all": self.network.proxy} if self.network.proxy else {},
        )


def _read(response: requests.Response) -> bytes:
    body = Body(response.headers.get("Content-Encoding"), is_error=response.status_code >= 300)
    while not body.is_full and (chunk := response.raw.read1(_CHUNK_SIZE, decode_content=False)):
        body.add(chunk)
    return body.whole()


_CHUNK_SIZE = 1024 * 1024
_FAULTS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    BodyEncodingError,
    OSError,
    ValueError,  # raised for malformed numbers in a response
)
_MISCONFIGURED = (
    urllib3.exceptions.LocationParseError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)
# The first match is used: in urllib3 "refused" derives from "timed out", and in http.client "closed" from "malformed".
_REASONS = (
    (urllib3.exceptions.NameResolutionError, "the host name cannot be resolved"),
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (urllib3.exceptions.NewConnectionError, "the connection failed"),
    (urllib3.exceptions.ConnectTimeoutError, "connecting timed out"),
    (urllib3.exceptions.ProxyError, "the proxy rejected the request"),
    (http.client.RemoteDisconnected, "the connection was closed without a response"),
    (urllib3.exceptions.IncompleteRead, "the response was truncated"),
    (http.client.IncompleteRead, "the response was truncated"),
    (BodyEncodingError, "the response could not be decompressed"),
    (http.client.HTTPException, "the response is not HTTP"),
    (TimeoutError, RESPONSE_TIMED_OUT),
    (urllib3.exceptions.ReadTimeoutError, RESPONSE_TIMED_OUT),
)


def _request_failure(error: Exception, *, sent: bool, seconds: float) -> RequestFailure:
    causes = list(_causes(error))
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
    misconfigured = any(isinstance(cause, _MISCONFIGURED) or is_tls_failure(cause) for cause in causes)
    return RequestFailure(
        reason=_reason(causes),
        sent=sent,
        transient=not (untrusted or misconfigured),
        seconds=seconds,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those it wraps, which requests and urllib3 store as reasons, arguments or causes."""
    current: BaseException | None = error
    while current is not None:
        yield current
        wrapped = (getattr(current, "reason", None), *reversed(current.args), current.__cause__)
        current = next((part for part in wrapped if isinstance(part, BaseException)), None)


def _reason(causes: list[BaseException]) -> str:
    """Describe a failure, including the system's error text but not the library's message, which shows the URL."""
    innermost = causes[-1]
    reason = next(
        (reason for kind, reason in _REASONS if any(isinstance(cause, kind) for cause in causes)),
        type(innermost).__name__,
    )
    detail = getattr(innermost, "strerror", None) or getattr(innermost, "verify_message", None)
    return f"{reason} ({detail})" if detail else reason
