"""Decoding the outcomes of requests into values or typed errors. https://docs.segmentapis.com/tag/Error-Handling"""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

import msgspec

from airflow_provider_segment.protocol.errors import (
    ErrorObject,
    SegmentApiError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from airflow_provider_segment.protocol.flow.redaction import Redactor, redactor_for
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome
from airflow_provider_segment.protocol.tracebacks import hides_frames
from airflow_provider_segment.protocol.wire.envelope import read_errors, read_other_message
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from airflow_provider_segment.protocol.wire.operation import Call

T = TypeVar("T")

# Errors are chosen by status, never by their type or message: the documented samples contradict each other.
_BY_STATUS: dict[int, type[SegmentApiError]] = {
    400: SegmentInvalidRequestError,
    401: SegmentAuthError,
    403: SegmentAuthError,
    404: SegmentNotFoundError,
    409: SegmentConflictError,
    413: SegmentInvalidRequestError,
    422: SegmentInvalidRequestError,
    429: SegmentRateLimitError,
}
# From a gateway, these mean the same as from the API. Other client errors count only in the API's envelope; otherwise a
# gateway's 404 page would mean "no such destination".
_TRUSTED_WITHOUT_ENVELOPE = {401, 403, 413, 429}
_MAX_REASON_LENGTH = 1000
_DECODED_BYTES = 64 * 1024
"""Bytes of a body without an envelope that are decoded; only the first characters are quoted."""
_HOSTED_API = re.compile(r"(\w*)-hosted api", re.IGNORECASE)


@hides_frames
def parse_outcome(call: Call[T], outcome: Outcome, options: CallOptions) -> T:
    """Return the value of a response, or raise a typed error.

    :param call: the call that was made.
    :param outcome: its response or failure.
    :param options: what messages name and redact.
    :return: the decoded value.
    :raises SegmentConnectionError: there was no response.
    :raises SegmentProtocolError: the response is not the API's.
    :raises SegmentApiError: the API returned an error.
    """
    if isinstance(outcome, RequestFailure):
        message = f"{call}: {outcome.reason} ({options.connection})"
        raise SegmentConnectionError(message, sent=outcome.sent, transient=outcome.transient)
    if 200 <= outcome.status < 300:
        return _read_success(call, outcome, options)
    raise _error(call, outcome, options)


def _read_success(call: Call[T], response: Response, options: CallOptions) -> T:
    try:
        return call.read(response.body)
    except msgspec.ValidationError as error:
        # msgspec's messages contain a path and types, never a value.
        message = f"{call} returned {response.status} with unexpected JSON: {error} ({options.connection})"
    except msgspec.DecodeError:
        message = f"{call} returned {response.status} with {_describe(call, response, options)} ({options.connection})"
    raise SegmentProtocolError(message, status=response.status, transient=True) from None


def _error(call: Call[T], response: Response, options: CallOptions) -> SegmentApiError | SegmentProtocolError:
    errors = _redacted_errors(read_errors(response.body), call, options)
    status = response.status
    if status < 400:
        message = (
            f"{call} returned {status}, a redirect, which is never followed; check the host of {options.connection}"
        )
        return SegmentProtocolError(message, status=status)
    if _is_from_gateway(status, errors):
        body = _describe(call, response, options)
        message = f"{call} returned {status} with {body}; check the host of {options.connection}"
        return SegmentProtocolError(message + _region_hint(body, options), status=status)
    error_type = _BY_STATUS.get(status, SegmentServerError if status >= 500 else SegmentApiError)
    reason = _reason(errors) if errors else _other_reason(call, response, options)
    message = f"{call} returned {status}: {reason}{_region_hint(reason, options) or _hint(call, status, options)}"
    return error_type(message, status=status, errors=errors or (), method=call.request.method, path=call.request.path)


def _is_from_gateway(status: int, errors: tuple[ErrorObject, ...] | None) -> bool:
    """Return whether an error response came from a gateway and its status must not be interpreted as the API's."""
    if status >= 500 or status in _TRUSTED_WITHOUT_ENVELOPE:
        return False
    return not errors if status == 404 else errors is None


def _redacted_errors(
    errors: tuple[ErrorObject, ...] | None, call: Call[Any], options: CallOptions
) -> tuple[ErrorObject, ...] | None:
    """Return the error objects, with the settings and secrets that they quote redacted."""
    redactor = redactor_for(call.request.body, options.secrets)
    return errors and tuple(
        cast("ErrorObject", {key: _redacted_part(redactor, key, part) for key, part in error.items()})
        for error in errors
    )


def _redacted_part(redactor: Redactor, key: str, part: Any) -> Any:
    if key == "field":
        return redactor.redact(part, is_field=True)
    try:
        return redactor.redact_value(part)
    except RecursionError:
        return None  # nested too deeply to be of use


def _reason(errors: tuple[ErrorObject, ...]) -> str:
    reasons = []
    for error in errors:
        message = error.get("message") or error.get("type") or "no message"
        reason = " ".join(message.split())
        reasons.append(f"{reason} (field: {error['field']})" if error.get("field") else reason)
    return "; ".join(reasons)[:_MAX_REASON_LENGTH] or "no reason given"


def _hint(call: Call[Any], status: int, options: CallOptions) -> str:
    if status in {401, 403}:
        required = call.operation.requires
        return (
            f". Check {options.connection}: the token may be wrong or lack a permission, or its workspace may be in the"
            f" other region; set {options.region_setting} to us or eu"
        ) + (f"; this operation also needs {required}" if required else "")
    return "" if status != 429 else f" ({options.connection})"


def _region_hint(reason: str, options: CallOptions) -> str:
    """Return advice if a response names the other region's API; the status of such a response is undocumented."""
    if (named := _HOSTED_API.search(reason)) is None:
        return ""
    region = "eu" if named.group(1).lower() == "eu" else "us"
    return f". The workspace of {options.connection} is in the other region; set {options.region_setting} to {region!r}"


def _other_reason(call: Call[Any], response: Response, options: CallOptions) -> str:
    """Return the message of a response that has no error objects."""
    message = read_other_message(response.body)
    if message is None:
        return _describe(call, response, options)
    redacted = redactor_for(call.request.body, options.secrets).redact(message)
    return " ".join(redacted.split())[:_MAX_REASON_LENGTH] or "no reason given"


def _describe(call: Call[Any], response: Response, options: CallOptions) -> str:
    """Describe an unexpected body for an error message; quote its beginning only if it is HTML or plain text."""
    raw = response.body[:_DECODED_BYTES].decode("utf-8", "replace")
    # Redacted first: the rest of a secret would not be recognised after cutting or folding.
    text = " ".join(redactor_for(call.request.body, options.secrets).redact(raw).split())
    if not text:
        return "an empty body instead of JSON"
    if read_other_message(response.body) is not None:
        return f"JSON in an unknown format: {_other_reason(call, response, options)}"
    if text[:1] in '{["':
        return f"invalid JSON ({len(response.body)} bytes)"
    if "{" in text[:80] and text[:1] != "<":  # JSON behind a byte order mark or the like
        return f"text that contains JSON ({len(response.body)} bytes)"
    printable = "".join(character if character.isprintable() else "?" for character in text[:80])
    kind = "an HTML page" if text[:1] == "<" else "text"
    return f"{kind} instead of JSON, beginning {printable!r}"
