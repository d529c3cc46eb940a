"""The asynchronous driver: sends requests with aiohttp and sleeps without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

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
from airflow_provider_segment.transport.gates import gates_of
from airflow_provider_segment.transport.network import LogSink, Network, is_tls_failure
from airflow_provider_segment.transport.sessions import Attempt
from airflow_provider_segment.transport.timeouts import timeouts_of

T = TypeVar("T")


class AiohttpDriver:
    """A driver that runs flows over a shared client session.

    :param connection: the parsed connection.
    :param network: headers and proxy; the CA is the session's.
    :param session: the session of a :class:`~.sessions.SessionLease`; not closed here.
    :param log: logger for the pauses and messages of flows.
    :param slots: limits the number of requests in progress; ``None`` for no limit.
    """

    def __init__(
        self,
        connection: SegmentConnection,
        *,
        network: Network,
        session: aiohttp.ClientSession,
        log: LogSink,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        self._connection = connection
        self._network = network
        self._session = session
        self._slots = nullcontext() if slots is None else slots
        self._log = log
        self._headers_of: dict[tuple[str, str | None], CIMultiDict[str]] = {}
        self._base = urlsplit(connection.base_url)
        self._gates = gates_of(connection)
        self._timeouts = timeouts_of(connection.timeout)

    async def run(self, flow: Flow[T]) -> T:
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
            outcome = await self._take(step)

    async def iterate(self, flow: PagedFlow[T]) -> AsyncIterator[T]:
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
                for item in step.items:
                    yield item
                outcome = None
            else:
                outcome = await self._take(step)

    async def _take(self, step: Step) -> Reply | None:
        match step:
            case Send(request):
                if (held := self._gates.enter(step)) is not None:
                    return held
                outcome: Outcome | None = None
                try:
                    async with self._slots:
                        outcome = await self._send(request)
                finally:
                    self._gates.leave(request, outcome)
                return outcome
            case Pause(seconds, reason, level):
                self._log.log(level, "%s", printable(reason))
                await asyncio.sleep(seconds)
            case Log():
                self._log.log(step.level, "%s", step.text)
            case MaskSecrets(strings):
                # In a thread, because Airflow sends the strings to another process and waits for it.
                await asyncio.to_thread(mask_secrets, strings)
        return None

    def _headers(self, request: Request) -> CIMultiDict[str]:
        """Return the headers as the type that aiohttp uses internally, cached for each pair of media types."""
        media_types = (request.accept, request.content_type)
        if media_types not in self._headers_of:
            headers = {**self._network.headers, **request.headers, "Accept-Encoding": "identity"}
            self._headers_of[media_types] = CIMultiDict(headers)
        return self._headers_of[media_types]

    def _url(self, request: Request) -> URL:
        """Return the URL, built from percent-encoded parts because parsing a complete URL takes longer."""
        base = self._base
        return URL.build(
            scheme=base.scheme,
            authority=base.netloc,
            path=base.path + request.path,
            query_string=request.query_string,
            encoded=True,
        )

    async def _send(self, request: Request) -> Outcome:
        started, before = time.monotonic(), sys.exception()
        attempt = Attempt()
        try:
            with self._timeouts.limit():
                async with self._session.request(
                    request.method,
                    self._url(request),
                    headers=self._headers(request),
                    data=request.body,
                    proxy=self._network.proxy,
                    allow_redirects=False,
                    middlewares=(attempt,),
                ) as response:
                    body = await _read(response)
        except BodyTooLongError as error:
            return RequestFailure(reason=str(error), sent=True, transient=False, seconds=time.monotonic() - started)
        except _FAULTS as error:
            return _request_failure(error, sent=attempt.sent, seconds=time.monotonic() - started)
        except BaseException as error:  # the trigger was cancelled, or a library has a defect
            drop_frames(error, until=before)
            raise
        seconds = time.monotonic() - started
        return Response(status=response.status, headers=response.headers, body=body, seconds=seconds)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    # The session does not decompress.
    body = Body(response.headers.get("Content-Encoding"), is_error=response.status >= 300)
    while not body.is_full and (chunk := await response.content.readany()):
        body.add(chunk)
    return body.whole()


_FAULTS = (aiohttp.ClientError, BodyEncodingError, OSError, TimeoutError, ValueError)
_MISCONFIGURED = (aiohttp.InvalidURL, ValueError)
# The first match is used.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the host name cannot be resolved"),
    (aiohttp.ClientConnectorCertificateError, "the certificate is not trusted"),
    (aiohttp.ClientConnectorSSLError, "the TLS handshake failed"),
    (aiohttp.ClientConnectorError, "the connection failed"),
    (aiohttp.ConnectionTimeoutError, "connecting timed out"),
    (aiohttp.ClientHttpProxyError, "the proxy rejected the request"),
    (TimeoutError, RESPONSE_TIMED_OUT),
    (aiohttp.ServerDisconnectedError, "the connection was closed without a response"),
    (aiohttp.ClientPayloadError, "the response was truncated"),
    (BodyEncodingError, "the response could not be decompressed"),
    (aiohttp.ClientResponseError, "the response is not HTTP"),
)


def _request_failure(error: Exception, *, sent: bool, seconds: float) -> RequestFailure:
    no_tls = isinstance(error, aiohttp.ClientConnectorSSLError) and is_tls_failure(error.os_error)
    untrusted = isinstance(error, aiohttp.ClientConnectorCertificateError) or no_tls
    misconfigured = isinstance(error, _MISCONFIGURED)
    return RequestFailure(
        reason=_reason(error),
        sent=sent,
        transient=not (untrusted or misconfigured),
        seconds=seconds,
    )


def _reason(error: Exception) -> str:
    """Describe a failure, including the system's error text but not the library's message, which shows the URL."""
    # An error about a certificate is a connector error too, but it does not have an OS error in every version.
    number = getattr(getattr(error, "_os_error", error), "errno", None)
    detail = os.strerror(number) if number and number > 0 else getattr(error, "certificate_error", "")
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), type(error).__name__)
    return f"{reason} ({getattr(detail, 'verify_message', detail)})" if detail else reason
