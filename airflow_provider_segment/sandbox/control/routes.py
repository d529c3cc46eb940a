"""The routes of the control requests, and their handlers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from airflow_provider_segment.sandbox.control import deliveries, overview
from airflow_provider_segment.sandbox.control.access import check_caller
from airflow_provider_segment.sandbox.control.openapi import openapi_json
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, InvalidFieldsError, invalid_field
from airflow_provider_segment.sandbox.faults import fault_json, parse_fault
from airflow_provider_segment.sandbox.journal import entry_json
from airflow_provider_segment.sandbox.request import BufferedRequest, read_request
from airflow_provider_segment.sandbox.responses import error_response, json_response
from airflow_provider_segment.sandbox.routing import route_path
from airflow_provider_segment.sandbox.settings import settings_json, updated_settings
from airflow_provider_segment.sandbox.state.seed import parse_seed
from airflow_provider_segment.sandbox.validation import validate_object

CONTROL_PREFIX = "/_sandbox"
MAX_CONTROL_BODY_BYTES = 64 * 1024 * 1024
"""Maximum size of a control request's body; larger than the API's, because a seed may be large."""

_SUCCESS = {"status": "SUCCESS"}

Handler = Callable[[Sandbox, BufferedRequest], object]


def control_routes(sandbox: Sandbox, *, host: str) -> Mount:
    """Return a route for each control request.

    :param host: the host that the sandbox listens on.
    """
    routes = [
        Route(route_path(f"/{name}"), partial(_serve, sandbox, handler, host), methods=[method])
        for (method, name), handler in _HANDLERS.items()
    ]
    return Mount(CONTROL_PREFIX, routes=routes)


async def _serve(sandbox: Sandbox, handler: Handler, host: str, http_request: Request) -> Response:
    """Process a control request, and record it in the journal unless its method is GET or HEAD.

    Control requests are not included in the overview's ``requestCount``.
    """
    request = await read_request(http_request, limit=MAX_CONTROL_BODY_BYTES)
    response = _process(sandbox, handler, host, request)
    if http_request.method not in ("GET", "HEAD"):
        sandbox.journal.add_control(
            method=http_request.method,
            path=request.path,
            query=request.query,
            time=sandbox.clock.now(),
            status=response.status_code,
        )
    return response


def _process(sandbox: Sandbox, handler: Handler, host: str, request: BufferedRequest) -> Response:
    try:
        check_caller(request, listening_host=host)
        result = handler(sandbox, request)
    except InvalidFieldsError as error:
        return error_response(error.with_paths())  # a seed has many fields of the same name
    except ApiError as error:
        return error_response(error)
    return result if isinstance(result, Response) else json_response(result)


def _body(request: BufferedRequest) -> object:
    """Return the decoded body; an empty object if there is none."""
    if request.body is None:
        raise ApiError(413, "Payload too large")
    return request.json() if request.body else {}


def _last(request: BufferedRequest) -> int | None:
    value = request.query_params.get("last")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise invalid_field("last", "must be an integer")
    return int(value)


def _get_overview(sandbox: Sandbox, request: BufferedRequest) -> object:
    if "text/html" in (request.header("accept") or ""):
        return overview.html_page()
    return overview.overview_json(sandbox)


def _get_destinations(sandbox: Sandbox, request: BufferedRequest) -> object:
    return {"destinations": overview.destinations_json(sandbox, last=_last(request))}


def _get_requests(sandbox: Sandbox, request: BufferedRequest) -> object:
    control = request.query_params.get("control") == "true"
    entries = sandbox.journal.entries(last=_last(request), control=control)
    return {"requests": [entry_json(entry) for entry in entries]}


def _reset(sandbox: Sandbox, request: BufferedRequest) -> object:
    body = validate_object(_body(request), ())
    unknown = [name for name in body if name != "seed"]
    if unknown:
        raise invalid_field(unknown[0], "is not known")
    sandbox.reset(parse_seed(body["seed"]) if body.get("seed") is not None else None)
    return _SUCCESS


def _deliver(sandbox: Sandbox, request: BufferedRequest) -> object:
    deliveries.deliver(sandbox, _body(request))
    return _SUCCESS


def _get_faults(sandbox: Sandbox, _request: BufferedRequest) -> object:
    return {"faults": [fault_json(fault) for fault in sandbox.faults.pending()]}


def _add_fault(sandbox: Sandbox, request: BufferedRequest) -> object:
    fault = parse_fault(_body(request))
    sandbox.faults.add(fault)
    return {"fault": fault_json(fault)}


def _remove_faults(sandbox: Sandbox, _request: BufferedRequest) -> object:
    sandbox.faults.clear()
    return _SUCCESS


def _get_settings(sandbox: Sandbox, _request: BufferedRequest) -> object:
    return {"settings": settings_json(sandbox.settings)}


def _change_settings(sandbox: Sandbox, request: BufferedRequest) -> object:
    sandbox.change_settings(updated_settings(sandbox.settings, _body(request)))
    return _get_settings(sandbox, request)


def _restore_settings(sandbox: Sandbox, request: BufferedRequest) -> object:
    sandbox.change_settings(sandbox.initial_settings)
    return _get_settings(sandbox, request)


def _get_openapi(sandbox: Sandbox, _request: BufferedRequest) -> object:
    return openapi_json(sandbox)


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", ""): _get_overview,
    ("GET", "openapi.json"): _get_openapi,
    ("GET", "destinations"): _get_destinations,
    ("GET", "requests"): _get_requests,
    ("POST", "reset"): _reset,
    ("POST", "deliver"): _deliver,
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
    ("GET", "settings"): _get_settings,
    ("POST", "settings"): _change_settings,
    ("DELETE", "settings"): _restore_settings,
}
