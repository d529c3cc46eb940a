"""The table of control requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from airflow_provider_segment.sandbox.codec import parse_json
from airflow_provider_segment.sandbox.control import deliveries, overview
from airflow_provider_segment.sandbox.control.page import page
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, invalid_field
from airflow_provider_segment.sandbox.faults import fault_json, parse_fault
from airflow_provider_segment.sandbox.journal import entry_json
from airflow_provider_segment.sandbox.request import BufferedRequest, read_request
from airflow_provider_segment.sandbox.responses import json_response
from airflow_provider_segment.sandbox.routing import route_path
from airflow_provider_segment.sandbox.settings import settings_json, updated_settings
from airflow_provider_segment.sandbox.state.seed import parse_seed
from airflow_provider_segment.sandbox.validation import validate_object

CONTROL_PREFIX = "/_sandbox"
MAX_CONTROL_BODY_BYTES = 64 * 1024 * 1024
"""Seeds may be large."""

_DONE = {"status": "SUCCESS"}

Handler = Callable[[Sandbox, BufferedRequest], object]


def control_routes(sandbox: Sandbox) -> Mount:
    """Make a route for each control request."""
    routes = [
        Route(route_path(f"/{name}"), partial(_control, sandbox, handler), methods=[method])
        for (method, name), handler in _HANDLERS.items()
    ]
    return Mount(CONTROL_PREFIX, routes=routes)


async def _control(sandbox: Sandbox, handler: Handler, request: Request) -> Response:
    answer = handler(sandbox, await read_request(request, limit=MAX_CONTROL_BODY_BYTES))
    return answer if isinstance(answer, Response) else json_response(answer)


def _body(call: BufferedRequest) -> object:
    """Give the body; without one, an empty object."""
    if call.body is None:
        raise ApiError(413, "Payload too large")
    try:
        return parse_json(call.body) if call.body else {}
    except ValueError as error:
        raise invalid_field("body", f"must be an object: {error}") from None


def _last(call: BufferedRequest) -> int | None:
    text = call.query_params.get("last")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid_field("last", "must be an integer")
    return int(text)


def _overview(sandbox: Sandbox, call: BufferedRequest) -> object:
    if "text/html" in (call.header("accept") or ""):
        return page()
    return overview.overview_json(sandbox)


def _destinations(sandbox: Sandbox, call: BufferedRequest) -> object:
    return {"destinations": overview.destinations_json(sandbox, last=_last(call))}


def _reset(sandbox: Sandbox, call: BufferedRequest) -> object:
    body = validate_object(_body(call), ())
    unknown = [name for name in body if name != "seed"]
    if unknown:
        raise invalid_field(unknown[0], "is not known")
    sandbox.reset(parse_seed(body["seed"]) if body.get("seed") is not None else None)
    return _DONE


def _requests(sandbox: Sandbox, call: BufferedRequest) -> object:
    return {"requests": [entry_json(entry) for entry in sandbox.journal.entries(last=_last(call))]}


def _deliver(sandbox: Sandbox, call: BufferedRequest) -> object:
    deliveries.deliver(sandbox, _body(call))
    return _DONE


def _add_fault(sandbox: Sandbox, call: BufferedRequest) -> object:
    fault = parse_fault(_body(call))
    sandbox.faults.add(fault)
    return {"fault": fault_json(fault)}


def _faults(sandbox: Sandbox, _call: BufferedRequest) -> object:
    return {"faults": [fault_json(fault) for fault in sandbox.faults.pending()]}


def _forget_faults(sandbox: Sandbox, _call: BufferedRequest) -> object:
    sandbox.faults.clear()
    return _DONE


def _settings(sandbox: Sandbox, _call: BufferedRequest) -> object:
    return {"settings": settings_json(sandbox.settings)}


def _change_settings(sandbox: Sandbox, call: BufferedRequest) -> object:
    sandbox.change_settings(updated_settings(sandbox.settings, _body(call)))
    return _settings(sandbox, call)


def _first_settings(sandbox: Sandbox, call: BufferedRequest) -> object:
    sandbox.change_settings(sandbox.initial_settings)
    return _settings(sandbox, call)


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", ""): _overview,
    ("GET", "destinations"): _destinations,
    ("POST", "reset"): _reset,
    ("GET", "requests"): _requests,
    ("POST", "deliver"): _deliver,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _forget_faults,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _change_settings,
    ("DELETE", "settings"): _first_settings,
}
