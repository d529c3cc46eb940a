"""The web application: reads a request whole, notes it, and has it answered or broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.respond import respond
from airflow_provider_segment.sandbox.connection import Connection, Receive, Scope, Send
from airflow_provider_segment.sandbox.control.routes import CONTROL_PREFIX, MAX_CONTROL_BODY_BYTES, control
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.faults.playing import play
from airflow_provider_segment.sandbox.http_messages import Call


class ClientGoneError(Exception):
    """The client went away before it had sent its request."""


class SandboxApp:
    """The ASGI application of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection = Connection(scope=scope, receive=receive, send=send)
        path = scope["raw_path"].decode("ascii")
        is_control = f"{path}/".startswith(CONTROL_PREFIX)
        limit = MAX_CONTROL_BODY_BYTES if is_control else decisions.MAX_BODY_BYTES
        try:
            call = Call(
                method=scope["method"],
                path=path,
                query=scope["query_string"].decode("ascii", errors="replace"),
                headers=_headers(scope),
                body=await _body(receive, limit=limit),
            )
            await (self._control(call, connection) if is_control else self._serve(call, connection))
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            await connection.drop()  # the sandbox is being stopped; its clients see the connection go

    async def _control(self, call: Call, connection: Connection) -> None:
        await connection.answer(control(self._sandbox, call), now=self._sandbox.clock.now())

    async def _serve(self, call: Call, connection: Connection) -> None:
        sandbox = self._sandbox
        entry = sandbox.journal.open(method=call.method, path=call.path, query=call.query, time=sandbox.clock.now())
        fault = sandbox.faults.take(method=call.method, path=call.path)
        if fault is not None:
            entry.fault = fault.kind
            await play(sandbox, call, fault, entry, connection)
            return
        answer = respond(sandbox, call)
        entry.status = answer.status
        await connection.answer(answer, now=sandbox.clock.now())


def _headers(scope: Scope) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _body(receive: Receive, *, limit: int) -> bytes | None:
    """Read the body to its end, so that the client is ready to read the answer.

    :return: None when it is longer than ``limit``.
    :raises ClientGoneError: when it does not come to an end.
    """
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part = message.get("body", b"")
        length += len(part)
        if length <= limit:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if length <= limit else None
