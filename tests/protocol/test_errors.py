"""The error types, and that errors survive pickling and copying."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment import exceptions
from airflow_provider_segment.protocol import errors
from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentAmbiguousWriteError,
    SegmentApiError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentDestinationDisabledError,
    SegmentError,
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentPartialFailureError,
    SegmentProtocolError,
    SegmentPruneLimitError,
    SegmentRateLimitError,
    SegmentServerError,
    SegmentSeveralMatchesError,
    SegmentUnexpectedResultError,
)

API: dict[str, Any] = {
    "status": 422,
    "errors": ({"type": "t", "message": "m", "field": "f", "data": {"x": [1]}},),
    "method": "POST",
    "path": "/destinations",
}
SUMMARY: Any = {"differs": True, "results": {"failed": 1}, "destinations": [], "unsupplied_secrets": []}
ERRORS: dict[str, tuple[SegmentError, dict[str, Any], bool]] = {
    "SegmentError": (SegmentError("what"), {}, False),
    "SegmentApiError": (SegmentApiError("what", **API), API, False),
    "SegmentAuthError": (SegmentAuthError("what", **API), API, False),
    "SegmentNotFoundError": (SegmentNotFoundError("what", **API), API, False),
    "SegmentConflictError": (SegmentConflictError("what", **API), API, False),
    "SegmentInvalidRequestError": (SegmentInvalidRequestError("what", **API), API, False),
    "SegmentPruneLimitError": (SegmentPruneLimitError("what"), {}, False),
    "SegmentRateLimitError": (SegmentRateLimitError("what", **API), API, True),
    "SegmentServerError": (SegmentServerError("what", **API), API, True),
    "SegmentConnectionError": (SegmentConnectionError("what", sent=False), {"sent": False}, True),
    "SegmentConnectionError for good": (SegmentConnectionError("what", transient=False), {"sent": True}, False),
    "SegmentProtocolError": (SegmentProtocolError("what", status=302), {"status": 302}, False),
    "SegmentProtocolError for now": (SegmentProtocolError("what", status=200, transient=True), {"status": 200}, True),
    "SegmentAmbiguousWriteError": (SegmentAmbiguousWriteError("what"), {}, False),
    "SegmentAlreadyExistsError": (SegmentAlreadyExistsError("what", ids=("a",)), {"ids": ("a",)}, False),
    "SegmentDestinationDisabledError": (SegmentDestinationDisabledError("what"), {}, False),
    "SegmentFilterCheckError": (SegmentFilterCheckError("what"), {}, False),
    "SegmentPartialFailureError": (SegmentPartialFailureError("what", summary=SUMMARY), {"summary": SUMMARY}, False),
    "SegmentUnexpectedResultError": (SegmentUnexpectedResultError("what", id="a"), {"id": "a"}, False),
    "SegmentSeveralMatchesError": (SegmentSeveralMatchesError("what", ids=("a", "b")), {"ids": ("a", "b")}, False),
}
every_error = pytest.mark.parametrize(("error", "attributes", "transient"), ERRORS.values(), ids=ERRORS)

WAYS: dict[str, Callable[[SegmentError], SegmentError]] = {
    **{f"pickle {protocol}": lambda e, p=protocol: pickle.loads(pickle.dumps(e, p)) for protocol in range(2, 6)},  # type: ignore[misc]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def test_every_error_of_the_package_is_in_the_table() -> None:
    known = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, SegmentError) and not name.startswith("_")
    }
    assert {name.split()[0] for name in ERRORS} == known


def test_every_error_names_the_module_from_which_users_import_it() -> None:
    public = {name: getattr(exceptions, name) for name in exceptions.__all__}

    assert {name: f"{kind.__module__}.{kind.__qualname__}" for name, kind in public.items()} == {
        name: f"airflow_provider_segment.exceptions.{name}" for name in public
    }


@every_error
def test_an_error_has_its_attributes(error: SegmentError, attributes: dict[str, Any], transient: bool) -> None:
    assert str(error) == "what"
    assert {name: getattr(error, name) for name in attributes} == attributes
    assert error.transient is transient


@every_error
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_copied_error_keeps_its_attributes(
    way: Callable[[SegmentError], SegmentError], error: SegmentError, attributes: dict[str, Any], transient: bool
) -> None:
    arrived = way(error)

    assert type(arrived) is type(error)
    assert str(arrived) == "what"
    assert {name: getattr(arrived, name) for name in attributes} == attributes
    assert arrived.transient is transient


@every_error
def test_a_copied_error_keeps_an_added_explanation(
    error: SegmentError, attributes: dict[str, Any], transient: bool
) -> None:
    explained = copy.copy(error)
    explained.explain("tried twice")
    arrived = pickle.loads(pickle.dumps(explained))

    assert str(explained) == str(arrived) == "what; tried twice"
    assert {name: getattr(arrived, name) for name in attributes} == attributes
    assert str(error) == "what"


@pytest.mark.parametrize(
    "kind",
    [
        SegmentAuthError,
        SegmentNotFoundError,
        SegmentConflictError,
        SegmentInvalidRequestError,
        SegmentRateLimitError,
        SegmentServerError,
    ],
)
def test_errors_returned_by_the_api_are_api_errors(kind: type[SegmentError]) -> None:
    assert issubclass(kind, SegmentApiError)


@pytest.mark.parametrize(
    "kind",
    [
        SegmentConnectionError,
        SegmentProtocolError,
        SegmentAmbiguousWriteError,
        SegmentAlreadyExistsError,
        SegmentSeveralMatchesError,
    ],
)
def test_other_errors_are_not_api_errors(kind: type[SegmentError]) -> None:
    assert issubclass(kind, SegmentError)
    assert not issubclass(kind, SegmentApiError)
