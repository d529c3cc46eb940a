"""Responses as Segment returns them, and failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response

TERMS = CallOptions(connection="connection 'segment_eu' to eu1.api.segmentapis.com")
ONE_TRY = CallOptions(connection=TERMS.connection, retry_budget=0, rate_limit_budget=0)

MASK = "••••••••••"
DATE = "Tue, 31 Dec 2024 23:59:00 GMT"

WORKSPACE = {"id": "9aQ1Lj62S4bomZKLF4DPqW", "slug": "acme", "name": "Acme"}
SOURCE = {"id": "src1", "slug": "web", "enabled": True, "workspaceId": "9aQ1Lj62S4bomZKLF4DPqW", "name": "Web"}
CATALOG_ENTRY = {
    "id": "cat1",
    "name": "Mailer",
    "slug": "mailer",
    "status": "PUBLIC",
    "actions": [{"id": "act1", "name": "Track", "slug": "track", "defaultTrigger": None}],
    "supportedFeatures": {"cloudModeInstances": "1"},
}
DESTINATION = {
    "id": "dst1",
    "enabled": True,
    "sourceId": "src1",
    "settings": {"apiKey": f"{MASK}dada", "retarget": True, "events": [{"from": "a", "to": "b"}]},
    "metadata": {"id": "cat1", "name": "Mailer", "slug": "mailer", "status": "PUBLIC"},
    "name": "Mails",
}
SUBSCRIPTION = {
    "id": "sub1",
    "name": "All tracks",
    "actionId": "act1",
    "destinationId": "dst1",
    "enabled": True,
    "trigger": 'type = "track"',
    "settings": {"email": {"@path": "$.traits.email"}},
    "actionSlug": "track",
    "modelId": "",
}
FILTER = {
    "id": "fil1",
    "sourceId": "src1",
    "destinationId": "dst1",
    "title": "No emails",
    "if": "all",
    "actions": [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email"]}}],
    "enabled": True,
    "description": "privacy",
}
METRICS_SUMMARY = {
    "sourceId": "src1",
    "destinationMetadataId": "cat1",
    "metrics": [
        {
            "metricName": "successes",
            "total": 90,
            "breakdown": [
                {"metricName": "successes_on_first_attempt", "value": 70},
                {"metricName": "successes_after_retry", "value": 20},
            ],
        },
        {"metricName": "expired", "total": 4},
        {"metricName": "discarded", "total": 6, "breakdown": []},
        {"metricName": "retried", "total": 25, "breakdown": None},
        {
            "metricName": "time_to_success",
            "total": 10,
            "breakdown": [
                {"metricName": "time_to_success_average", "value": 1.25},
                {"metricName": "time_to_success_p95", "value": 3.0},
            ],
        },
    ],
}


def with_more_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record as a later version of the API might: with fields this package does not know."""
    return {"description": "catalog text", "yetUnknown": {"deep": [1, "x", None]}, **record}


def response(status: int, document: Any, **headers: str) -> Response:
    """Return a response with a JSON body; ``retry_after="3"`` becomes the header ``retry-after``."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=names, body=json.dumps(document).encode())


def done(data: Mapping[str, Any]) -> Response:
    """Return a successful response."""
    return response(200, {"data": data})


def refusal(status: int, *errors: Any, **headers: str) -> Response:
    """Return an error in the API's envelope."""
    return response(status, {"errors": list(errors) or [{"type": "some-type", "message": "some reason"}]}, **headers)


def page(key: str, *records: Any, next: str | None = None) -> Response:
    """Return a page of a listing; without ``next``, the last page."""
    pagination = {"current": "MA==", "totalEntries": 99} | ({} if next is None else {"next": next})
    return done({key: list(records), "pagination": pagination})


def html(status: int) -> Response:
    """Return an HTML page, as a gateway does."""
    body = b"\n <!DOCTYPE html>\n<html><head><title>Gateway</title></head><body>" + b"x" * 5000 + b"</body></html>"
    return Response(status=status, headers={"content-type": "text/html"}, body=body)


REFUSED = RequestFailure(reason="connection refused", sent=False)
LOST = RequestFailure(reason="the response timed out", sent=True)
UNTRUSTED = RequestFailure(reason="certificate verify failed", sent=False, transient=False)
TOO_LONG = RequestFailure(reason="the response is too long", sent=True, transient=False)
