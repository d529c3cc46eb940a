"""From what came of a request to a value or a typed error. https://docs.segmentapis.com/tag/Error-Handling"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
from airflow_provider_segment.protocol.flow.redaction import redact
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome
from airflow_provider_segment.protocol.strings import map_strings
from airflow_provider_segment.protocol.wire.envelope import read_errors, read_other_message
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from airflow_provider_segment.protocol.wire.operation import Call

T = TypeVar("T")

# Clients must branch on the status, never on an error's type or message: published samples contradict each other.
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
# A proxy may answer these for the API and mean the same; any other refusal must be in the API's own words, or a page
# of a proxy would pass for "no such destination".
_TRUSTED_WITHOUT_ENVELOPE = {401, 403, 413, 429}
_LONGEST_WORDS = 1000


def parse_outcome(call: Call[T], outcome: Outcome, options: CallOptions) -> T:
    """Read what came of a call.

    :param call: what was asked.
    :param outcome: what came.
    :param options: for the messages.
    :return: the value.
    :raises SegmentConnectionError: no answer came.
    :raises SegmentProtocolError: the answer is not the API's.
    :raises SegmentApiError: the API refused.
    """
    if isinstance(outcome, RequestFailure):
        message = f"{call}: {outcome.reason} ({options.connection})"
        raise SegmentConnectionError(message, sent=outcome.sent, transient=outcome.transient)
    if 200 <= outcome.status < 300:
        return _read_success(call, outcome, options)
    raise _refusal(call, outcome, options)


def _read_success(call: Call[T], response: Response, options: CallOptions) -> T:
    try:
        return call.read(response.body)
    except msgspec.ValidationError as error:
        # The text names a path and types, never a value.
        what = f"{call} returned {response.status} with unexpected JSON: {error} ({options.connection})"
    except msgspec.DecodeError:
        what = f"{call} returned {response.status} with {_describe(call, response, options)} ({options.connection})"
    raise SegmentProtocolError(what, status=response.status, transient=True) from None


def _refusal(call: Call[T], response: Response, options: CallOptions) -> SegmentApiError | SegmentProtocolError:
    errors = _redacted_errors(read_errors(response.body), call, options)
    status = response.status
    if status < 400:
        message = (
            f"{call} returned {status}, a redirect, which is never followed; check the host of {options.connection}"
        )
        return SegmentProtocolError(message, status=status)
    if _is_from_gateway(status, errors):
        spec = _describe(call, response, options)
        message = f"{call} returned {status} with {spec}; check the host of {options.connection}"
        message += _region_hint(spec, options)
        return SegmentProtocolError(message, status=status)
    kind = _BY_STATUS.get(status, SegmentServerError if status >= 500 else SegmentApiError)
    words = _reason(errors) if errors else _other_words(call, response, options)
    message = f"{call} returned {status}: {words}{_region_hint(words, options) or _hint(status, options)}"
    return kind(message, status=status, errors=errors or (), method=call.request.method, path=call.request.path)


def _is_from_gateway(status: int, errors: tuple[ErrorObject, ...] | None) -> bool:
    """Whether a refusal comes from something between us and the API."""
    if status >= 500 or status in _TRUSTED_WITHOUT_ENVELOPE:
        return False
    return not errors if status == 404 else errors is None


def _redacted_errors(
    errors: tuple[ErrorObject, ...] | None, call: Call[Any], options: CallOptions
) -> tuple[ErrorObject, ...] | None:
    """Segment's own error objects, with what they quote of the request blotted out."""
    hide = partial(redact, body=call.request.body, secrets=options.secrets)
    # A field is a path of names; blotting out a value that happens to be a name would spoil it.
    return errors and tuple(
        cast("ErrorObject", {key: item if key == "field" else _changed(hide, item) for key, item in error.items()})
        for error in errors
    )


def _changed(hide: Callable[[str], str], item: Any) -> Any:
    try:
        return map_strings(hide, item)
    except RecursionError:
        return None  # nested so deep that nobody misses it


def _reason(errors: tuple[ErrorObject, ...]) -> str:
    texts = []
    for error in errors:
        said = error.get("message") or error.get("type") or "no message"
        text = " ".join(said.split())
        texts.append(f"{text} (field: {error['field']})" if error.get("field") else text)
    return "; ".join(texts)[:_LONGEST_WORDS] or "no further word"


def _hint(status: int, options: CallOptions) -> str:
    if status in {401, 403}:
        return (
            f". Check {options.connection}: the token may be wrong or lack the permission, or its workspace may live"
            " in the other region (extra field `region`: us or eu)"
        )
    return "" if status != 429 else f" ({options.connection})"


def _region_hint(words: str, options: CallOptions) -> str:
    """Return what to do if a response names the API of the other region; its status is not documented."""
    if "-hosted api" not in words.lower():
        return ""
    return f". The workspace lives in the other region: change the extra field `region` of {options.connection}"


def _other_words(call: Call[Any], response: Response, options: CallOptions) -> str:
    """Return what a response without error objects says."""
    message = read_other_message(response.body)
    if message is None:
        return _describe(call, response, options)
    redacted = redact(message, body=call.request.body, secrets=options.secrets)
    return " ".join(redacted.split())[:_LONGEST_WORDS] or "no further word"


def _describe(call: Call[Any], response: Response, options: CallOptions) -> str:
    """What stands in place of JSON; only of a page for people are the first characters shown."""
    raw = response.body[:4000].decode("utf-8", "replace")
    text = " ".join(redact(raw, body=call.request.body, secrets=options.secrets).split())
    if not text:
        return "an empty body instead of JSON"
    if read_other_message(response.body) is not None:
        return f"JSON that is not the API's: {_other_words(call, response, options)}"
    if text[:1] in '{["':
        return f"broken JSON ({len(response.body)} bytes)"
    if "{" in text[:80] and text[:1] != "<":  # JSON behind a byte order mark or the like
        return f"text that holds JSON ({len(response.body)} bytes)"
    printable = "".join(character if character.isprintable() else "?" for character in text[:80])
    kind = "an HTML page" if text[:1] == "<" else "text"
    return f"{kind} instead of JSON, beginning {printable!r}"
