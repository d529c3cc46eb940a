"""The asynchronous driver: moves bytes with aiohttp, and sleeps without holding the event loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import TypeVar

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
    Send,
    Step,
)
from airflow_provider_segment.protocol.wire.messages import Request, RequestFailure, Response
from airflow_provider_segment.transport.body import Body, BodyEncodingError, BodyTooLongError
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.network import LogSink, Network, is_tls_failure
from airflow_provider_segment.transport.sessions import SENT

T = TypeVar("T")


class AiohttpDriver:
    """Runs flows over a client session that may be shared.

    :param connection: where to.
    :param network: headers and proxy; the session knows the CA.
    :param session: of a :class:`~.sessions.SessionLease`, whose requests note when they are sent; not closed here.
    :param log: where pauses and messages of flows go.
    """

    def __init__(
        self, connection: SegmentConnection, *, network: Network, session: aiohttp.ClientSession, log: LogSink
    ) -> None:
        self._connection = connection
        self._network = network
        self._session = session
        self._log = log
        self._headers_of: dict[tuple[str, str | None], CIMultiDict[str]] = {}
        self._timeout = aiohttp.ClientTimeout(total=connection.timeout)

    async def run(self, flow: Flow[T]) -> T:
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
            outcome = await self._take(step)

    async def iterate(self, walk: PagedFlow[T]) -> AsyncIterator[T]:
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
                for item in step.items:
                    yield item
                outcome = None
            else:
                outcome = await self._take(step)

    async def _take(self, step: Step) -> Outcome | None:
        match step:
            case Send(request):
                return await self._send(request)
            case Pause(seconds, reason, level):
                self._log.log(level, "%s", reason)
                await asyncio.sleep(seconds)
            case Log(message, level):
                self._log.log(level, "%s", message)
            case MaskSecrets(strings):
                # In a thread: Airflow tells another process, and waits for it.
                await asyncio.to_thread(mask_secrets, strings)
        return None

    def _headers(self, request: Request) -> CIMultiDict[str]:
        """The same for all requests of a kind, and in the form that aiohttp would make of them each time."""
        kind = (request.accept, request.content_type)
        if kind not in self._headers_of:
            headers = {**self._network.headers, **request.headers, "Accept-Encoding": "identity"}
            self._headers_of[kind] = CIMultiDict(headers)
        return self._headers_of[kind]

    async def _send(self, request: Request) -> Outcome:
        started = time.monotonic()
        SENT.set(False)
        try:
            async with self._session.request(
                request.method,
                # As it is: an id that was percent-encoded stays so.
                URL(self._connection.base_url + request.target, encoded=True),
                headers=self._headers(request),
                data=request.body,
                proxy=self._network.proxy,
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                body = await _read(response)
        except BodyTooLongError as error:
            return RequestFailure(reason=str(error), sent=True, transient=False, seconds=time.monotonic() - started)
        except _FAULTS as error:
            return _request_failure(error, sent=SENT.get(), seconds=time.monotonic() - started)
        seconds = time.monotonic() - started
        return Response(status=response.status, headers=response.headers, body=body, seconds=seconds)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = Body(response.headers.get("Content-Encoding"))  # the session leaves decompressing to us
    while piece := await response.content.readany():
        body.add(piece)
    return body.whole()


_FAULTS = (aiohttp.ClientError, BodyEncodingError, OSError, TimeoutError, ValueError)
_MISCONFIGURED = (aiohttp.InvalidURL, ValueError)
# The first that fits.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the host's name is not known"),
    (aiohttp.ClientConnectorCertificateError, "the certificate is not trusted"),
    (aiohttp.ClientConnectorSSLError, "TLS could not be agreed on"),
    (aiohttp.ClientConnectorError, "no connection could be made"),
    (aiohttp.ConnectionTimeoutError, "connecting timed out"),
    (aiohttp.ClientHttpProxyError, "the proxy refuses"),
    (TimeoutError, "the answer timed out"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (BodyEncodingError, "the answer could not be decompressed"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
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
    """Words of our own and the system's: aiohttp's repeat the URL, and objects in memory."""
    # One for a certificate is a connector's error too, but has no system's error in every version.
    number = getattr(getattr(error, "_os_error", error), "errno", None)
    detail = os.strerror(number) if number and number > 0 else getattr(error, "certificate_error", "")
    words = next((words for kind, words in _REASONS if isinstance(error, kind)), type(error).__name__)
    return f"{words} ({getattr(detail, 'verify_message', detail)})" if detail else words
