"""The synchronous driver: moves bytes with requests, and sleeps."""

from __future__ import annotations

import http.client
import ssl
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
    Send,
    Step,
)
from airflow_provider_segment.protocol.wire.messages import Request, RequestFailure, Response
from airflow_provider_segment.transport.body import Body, BodyEncodingError, BodyTooLongError
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.deadline import DeadlineAdapter
from airflow_provider_segment.transport.network import LogSink, is_tls_failure, network_for

T = TypeVar("T")


class RequestsDriver:
    """Runs flows over connections of ``requests`` that are kept.

    :param connection: where to.
    :param log: where pauses and messages of flows go.
    """

    def __init__(self, connection: SegmentConnection, log: LogSink) -> None:
        self._connection = connection
        self._network = network_for(connection)
        self._log = log
        self._adapter = DeadlineAdapter()
        self._attempt = self._adapter.attempt

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end.

        :param flow: a generator that has not begun.
        :return: its result.
        """
        outcome: Outcome | None = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                result: T = stop.value
                return result
            outcome = self._take(step)

    def iterate(self, walk: PagedFlow[T]) -> Iterator[T]:
        """Run a flow as far as its entries are asked for.

        :param walk: a flow that emits entries.
        """
        outcome: Outcome | None = None
        while True:
            try:
                step = walk.send(outcome)
            except StopIteration:
                return
            if isinstance(step, Items):
                yield from step.items
                outcome = None
            else:
                outcome = self._take(step)

    def close(self) -> None:
        """Close the session's connections."""
        self._adapter.close()

    def _take(self, step: Step) -> Outcome | None:
        match step:
            case Send(request):
                return self._send(request)
            case Pause(seconds, reason, level):
                self._log.log(level, "%s", reason)
                time.sleep(seconds)
            case Log(message, level):
                self._log.log(level, "%s", message)
            case MaskSecrets(strings):
                mask_secrets(strings)
        return None

    def _send(self, request: Request) -> Outcome:
        started = time.monotonic()
        self._attempt.begin(seconds=self._connection.timeout)
        try:
            with self._transmit(request) as response:
                body = _read(response)
        except BodyTooLongError as error:
            return RequestFailure(reason=str(error), sent=True, transient=False, seconds=time.monotonic() - started)
        except _FAULTS as error:
            return _request_failure(error, sent=self._attempt.sent, seconds=time.monotonic() - started)
        seconds = time.monotonic() - started
        return Response(status=response.status_code, headers=response.headers, body=body, seconds=seconds)

    def _transmit(self, request: Request) -> requests.Response:
        """Hand the request to the adapter as it is.

        What ``Session.request`` would do on the way is what must not happen: redirects, cookies, a ``.netrc`` in place
        of the token, another spelling of the path. It would also cost more than all the rest of reading a page.
        """
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self._connection.base_url + request.target
        prepared.headers = requests.structures.CaseInsensitiveDict({**self._network.headers, **request.headers})
        prepared.body = request.body
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        return self._adapter.send(
            prepared,
            stream=True,  # so that the size is known before the memory is taken
            timeout=self._connection.timeout,
            verify=self._network.ca or False,
            proxies={"all": self._network.proxy} if self._network.proxy else {},
        )


def _read(response: requests.Response) -> bytes:
    body = Body(response.headers.get("Content-Encoding"))
    while piece := response.raw.read1(_PIECE, decode_content=False):
        body.add(piece)
    return body.whole()


_PIECE = 1024 * 1024
_FAULTS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    BodyEncodingError,
    OSError,
    ValueError,  # what is below reads numbers out of an answer
)
_MISCONFIGURED = (
    urllib3.exceptions.LocationParseError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)
# The first that fits: to urllib3, refused is a kind of timed out, and to http.client, closed a kind of garbled.
_REASONS = (
    (urllib3.exceptions.NameResolutionError, "the host's name is not known"),
    (ssl.SSLCertVerificationError, "the certificate is not trusted"),
    (urllib3.exceptions.NewConnectionError, "no connection could be made"),
    (urllib3.exceptions.ConnectTimeoutError, "connecting timed out"),
    (urllib3.exceptions.ProxyError, "the proxy refuses"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (urllib3.exceptions.IncompleteRead, "the answer broke off"),
    (http.client.IncompleteRead, "the answer broke off"),
    (BodyEncodingError, "the answer could not be decompressed"),
    (http.client.HTTPException, "the answer is not HTTP"),
    (TimeoutError, "the answer timed out"),
    (urllib3.exceptions.ReadTimeoutError, "the answer timed out"),
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
    """The error and what lies below it: requests and urllib3 wrap one another in reasons, arguments and causes."""
    current: BaseException | None = error
    while current is not None:
        yield current
        inside = (getattr(current, "reason", None), *reversed(current.args), current.__cause__)
        current = next((part for part in inside if isinstance(part, BaseException)), None)


def _reason(causes: list[BaseException]) -> str:
    """Words of our own and the system's: the libraries' repeat the URL, and addresses of objects in memory."""
    innermost = causes[-1]
    words = next(
        (words for kind, words in _REASONS if any(isinstance(cause, kind) for cause in causes)),
        type(innermost).__name__,
    )
    detail = getattr(innermost, "strerror", None) or getattr(innermost, "verify_message", None)
    return f"{words} ({detail})" if detail else words
