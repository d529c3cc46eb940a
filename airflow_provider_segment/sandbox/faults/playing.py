"""Carrying out a request that met a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from airflow_provider_segment.sandbox.api.respond import respond
from airflow_provider_segment.sandbox.connection import Connection
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import RefusalError
from airflow_provider_segment.sandbox.faults.fault import Fault
from airflow_provider_segment.sandbox.http_messages import Answer, Call, Headers, error_answer
from airflow_provider_segment.sandbox.journal import Entry
from airflow_provider_segment.sandbox.rate_limits import limit_headers, too_many_requests

Play = Callable[[Sandbox, Call, Fault, Entry, Connection], Awaitable[None]]

_PAGE = b"<!doctype html>\n<html><head><title>%b</title></head><body><h1>%b</h1></body></html>\n"


async def play(sandbox: Sandbox, call: Call, fault: Fault, entry: Entry, connection: Connection) -> None:
    """Treat a request as its fault says, and note in the journal what was answered."""
    await _PLAYS[fault.kind](sandbox, call, fault, entry, connection)


async def _status(sandbox: Sandbox, _call: Call, fault: Fault, entry: Entry, connection: Connection) -> None:
    if fault.html:
        page = web_page("Bad gateway")
        answer = Answer(status=fault.status, body=page, content_type="text/html", headers=fault.headers)
    else:
        answer = error_answer(RefusalError(fault.status, "Fault set by the sandbox", headers=fault.headers))
    entry.status = answer.status
    await connection.answer(answer, now=sandbox.clock.now())


async def _rate_limit(sandbox: Sandbox, _call: Call, fault: Fault, entry: Entry, connection: Connection) -> None:
    now = sandbox.clock.now()
    headers: Headers = ()
    if fault.reset_seconds is not None:
        headers = limit_headers(consumed=1, remaining=0, reset=now + fault.reset_seconds)
    refusal = too_many_requests(retry_after=fault.retry_after, ms_before_next=fault.ms_before_next, consumed=1)
    entry.status = refusal.status
    await connection.answer(error_answer(refusal, headers=headers), now=now)


async def _drop_before(_sandbox: Sandbox, _call: Call, _fault: Fault, _entry: Entry, connection: Connection) -> None:
    await connection.drop()


async def _drop_after(sandbox: Sandbox, call: Call, _fault: Fault, _entry: Entry, connection: Connection) -> None:
    respond(sandbox, call)
    await connection.drop()


async def _late(sandbox: Sandbox, call: Call, fault: Fault, _entry: Entry, connection: Connection) -> None:
    sandbox.later.call(fault.seconds, lambda: respond(sandbox, call))
    await connection.drop()


async def _delay(sandbox: Sandbox, call: Call, fault: Fault, entry: Entry, connection: Connection) -> None:
    answer = respond(sandbox, call)
    await asyncio.sleep(fault.seconds)
    entry.status = answer.status
    await connection.answer(answer, now=sandbox.clock.now())


async def _truncate(sandbox: Sandbox, call: Call, _fault: Fault, entry: Entry, connection: Connection) -> None:
    answer = respond(sandbox, call)
    entry.status = answer.status
    await connection.answer_half(answer, now=sandbox.clock.now())


async def _garbage(sandbox: Sandbox, call: Call, _fault: Fault, entry: Entry, connection: Connection) -> None:
    respond(sandbox, call)
    entry.status = 200
    page = Answer(status=200, body=web_page("Welcome"), content_type="text/html")
    await connection.answer(page, now=sandbox.clock.now())


def web_page(title: str) -> bytes:
    """Write the kind of page that a proxy or a login wall puts in the place of an answer."""
    return _PAGE % (title.encode(), title.encode())


_PLAYS: dict[str, Play] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "late": _late,
    "delay": _delay,
    "truncate": _truncate,
    "garbage": _garbage,
}
