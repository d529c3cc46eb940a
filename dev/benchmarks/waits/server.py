"""A TLS server for the polls of every contender; it keeps connections alive, and counts both.

It prints two ports: one to poll, and one that returns the counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
import time
from typing import Any

BACKLOG = 4096
"""A thousand waits may connect at once; the kernel should not delay any."""

METRICS_CHANGE_AFTER = 10.0
"""Seconds after which the metrics change, so that contenders that log changes have something to log."""

HEADERS = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-cache\r\n"
    "X-RateLimit-Limit: 60000\r\n"
    "X-RateLimit-Remaining: 59999\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def segment_metrics() -> dict[str, Any]:
    """Return the metrics of ongoing deliveries. https://docs.segmentapis.com/tag/Destinations"""
    delivered = 1000 + int(time.time() / METRICS_CHANGE_AFTER) % 1000
    parts = [("successes_on_first_attempt", delivered - 7), ("successes_after_retry", 7)]
    metrics = [
        {"metricName": "successes", "total": delivered, "breakdown": _parts(parts)},
        {"metricName": "expired", "total": 0},
        {"metricName": "discarded", "total": 3},
        {"metricName": "retried", "total": 9},
        _timing("time_to_success", delivered),
        _timing("time_to_first_attempt", delivered),
    ]
    summary = {"sourceId": "source", "destinationMetadataId": "54521fd925e721e32a72eee1", "metrics": metrics}
    return {"data": {"deliveryMetricsSummary": summary}}


def _timing(name: str, total: int) -> dict[str, Any]:
    return {"metricName": name, "total": total, "breakdown": _parts([(f"{name}_average", 812), (f"{name}_p95", 2104)])}


def _parts(parts: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"metricName": name, "value": value} for name, value in parts]


def dbt_run() -> dict[str, Any]:
    """Return some fields of a running run. https://docs.getdbt.com/dbt-cloud/api-v2"""
    times = dict.fromkeys(("created_at", "updated_at", "dequeued_at", "started_at"), "2026-02-15 12:00:00.123456+00:00")
    flags = dict.fromkeys(("is_error", "is_cancelled", "is_complete", "is_success", "in_progress"), False)
    links = {"href": "https://cloud.getdbt.com/deploy/1/projects/2/runs/3/", "git_sha": "9fceb02d0ae598e95dc970b7"}
    run = {"id": 3, "job_id": 4, "status": 3, "status_humanized": "Running", **times, **flags, **links}
    return {"data": run, "status": {"code": 200, "is_success": True, "user_message": "Success!"}}


def census_run() -> dict[str, Any]:
    """Return a running sync. https://fivetran.com/docs/activations/rest-api/api-reference/introduction"""
    counts = dict.fromkeys(("records_processed", "records_updated", "records_failed", "records_invalid"), 1234)
    times = dict.fromkeys(("created_at", "updated_at", "scheduled_execution_time"), "2026-02-15T12:00:00.123Z")
    errors: dict[str, Any] = dict.fromkeys(("error_message", "error_detail", "error_code", "completed_at"))
    reason = {"sync_trigger_reason": {"ui_tag": "API", "ui_detail": "Triggered by the API, on behalf of a workspace"}}
    run = {"id": 94, "sync_id": 52, "status": "working", "full_sync": False, "canceled": False}
    return {"status": "success", "data": {**run, **counts, **times, **errors, **reason, "source_record_count": 5678}}


def response(path: str) -> bytes:
    """Return the response to a poll."""
    kind = next(kind for part, kind in _BY_PATH.items() if part in path)
    body = json.dumps(kind()).encode()
    return HEADERS.format(length=len(body)).encode() + body


_BY_PATH = {"/delivery-metrics": segment_metrics, "/runs/": dbt_run, "/sync_runs/": census_run}


class Counts:
    """The counts so far."""

    connections = 0
    polls = 0


class PollConnection(asyncio.Protocol):
    """One connection with any number of requests, none of which has a body."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._transport: asyncio.Transport
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, after its TLS handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._counts.connections += 1

    def data_received(self, data: bytes) -> None:
        """Respond to complete requests."""
        *heads, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for head in heads:
            self._counts.polls += 1
            self._transport.write(response(head.split(b" ", 2)[1].decode()))


async def serve(certificate: str) -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    loop, counts = asyncio.get_running_loop(), Counts()
    polled = await loop.create_server(lambda: PollConnection(counts), "127.0.0.1", 0, ssl=context, backlog=BACKLOG)

    async def send_counts(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps({"connections": counts.connections, "polls": counts.polls}).encode())
        writer.close()

    counts_server = await asyncio.start_server(send_counts, "127.0.0.1", 0)
    sys.stdout.write(" ".join(str(server.sockets[0].getsockname()[1]) for server in (polled, counts_server)) + "\n")
    sys.stdout.flush()
    await asyncio.gather(polled.serve_forever(), counts_server.serve_forever())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate", help="path of a PEM file: the key, and the certificate of 127.0.0.1")
    asyncio.run(serve(parser.parse_args().certificate))
