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
from airflow_provider_segment.protocol.flow.redaction import hide_secrets
from airflow_provider_segment.protocol.flow.steps import Outcome, Terms
from airflow_provider_segment.protocol.strings import map_texts
from airflow_provider_segment.protocol.wire.envelope import read_errors
from airflow_provider_segment.protocol.wire.messages import Answer, NoAnswer
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


def read_outcome(call: Call[T], outcome: Outcome, terms: Terms) -> T:
    """Read what came of a call.

    :param call: what was asked.
    :param outcome: what came.
    :param terms: for the messages.
    :return: the value.
    :raises SegmentConnectionError: no answer came.
    :raises SegmentProtocolError: the answer is not the API's.
    :raises SegmentApiError: the API refused.
    """
    if isinstance(outcome, NoAnswer):
        message = f"{call}: {outcome.reason} ({terms.connection})"
        raise SegmentConnectionError(message, sent=outcome.sent, transient=outcome.transient)
    if 200 <= outcome.status < 300:
        return _read_success(call, outcome, terms)
    raise _refusal(call, outcome, terms)


def _read_success(call: Call[T], answer: Answer, terms: Terms) -> T:
    try:
        return call.read(answer.body)
    except msgspec.ValidationError as error:
        # The text names a path and types, never a value.
        what = f"{call} answered {answer.status} with unexpected JSON: {error} ({terms.connection})"
    except msgspec.DecodeError:
        what = f"{call} answered {answer.status} with {_describe(call, answer, terms)} ({terms.connection})"
    raise SegmentProtocolError(what, status=answer.status, transient=True) from None


def _refusal(call: Call[T], answer: Answer, terms: Terms) -> SegmentApiError | SegmentProtocolError:
    errors = _hidden(read_errors(answer.body), call, terms)
    status = answer.status
    if status < 400:
        message = f"{call} answered {status}, a redirect, which is never followed; check the host of {terms.connection}"
        return SegmentProtocolError(message, status=status)
    if _is_somebody_elses(status, errors):
        described = _describe(call, answer, terms)
        message = f"{call} answered {status} with {described}; check the host of {terms.connection}"
        return SegmentProtocolError(message, status=status)
    kind = _BY_STATUS.get(status, SegmentServerError if status >= 500 else SegmentApiError)
    words = _describe(call, answer, terms) if errors is None else _in_words(errors)
    message = f"{call} answered {status}: {words}{_advice(status, terms)}"
    return kind(message, status=status, errors=errors or (), method=call.request.method, path=call.request.path)


def _is_somebody_elses(status: int, errors: tuple[ErrorObject, ...] | None) -> bool:
    """Whether a refusal comes from something between us and the API."""
    if status >= 500 or status in _TRUSTED_WITHOUT_ENVELOPE:
        return False
    return not errors if status == 404 else errors is None


def _hidden(errors: tuple[ErrorObject, ...] | None, call: Call[Any], terms: Terms) -> tuple[ErrorObject, ...] | None:
    """Segment's own error objects, with what they quote of the request blotted out."""
    hide = partial(hide_secrets, body=call.request.body, secrets=terms.secrets)
    # A field is a path of names; blotting out a value that happens to be a name would spoil it.
    return errors and tuple(
        cast("ErrorObject", {key: item if key == "field" else _changed(hide, item) for key, item in error.items()})
        for error in errors
    )


def _changed(hide: Callable[[str], str], item: Any) -> Any:
    try:
        return map_texts(hide, item)
    except RecursionError:
        return None  # nested so deep that nobody misses it


def _in_words(errors: tuple[ErrorObject, ...]) -> str:
    texts = []
    for error in errors:
        said = error.get("message") or error.get("type") or "no message"
        text = " ".join(said.split())
        texts.append(f"{text} (field: {error['field']})" if error.get("field") else text)
    return "; ".join(texts)[:_LONGEST_WORDS] or "no further word"


def _advice(status: int, terms: Terms) -> str:
    if status in {401, 403}:
        return (
            f". Check {terms.connection}: the token may be wrong or lack the permission, or its workspace may live"
            " in the other region (extra field `region`: us or eu)"
        )
    return "" if status != 429 else f" ({terms.connection})"


def _describe(call: Call[Any], answer: Answer, terms: Terms) -> str:
    """What stands in place of JSON; only of a page for people are the first characters shown."""
    raw = answer.body[:4000].decode("utf-8", "replace")
    text = " ".join(hide_secrets(raw, body=call.request.body, secrets=terms.secrets).split())
    if not text:
        return "an empty body instead of JSON"
    if text[:1] in '{["':
        return f"broken JSON ({len(answer.body)} bytes)"
    if "{" in text[:80] and text[:1] != "<":  # JSON behind a byte order mark or the like
        return f"text that holds JSON ({len(answer.body)} bytes)"
    printable = "".join(character if character.isprintable() else "?" for character in text[:80])
    kind = "an HTML page" if text[:1] == "<" else "text"
    return f"{kind} instead of JSON, beginning {printable!r}"
