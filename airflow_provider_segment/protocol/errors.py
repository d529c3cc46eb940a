"""The error types.

``SegmentApiError`` and its subclasses: Segment returned an error. The others: there was no usable response, or this
package cannot act on it. Invalid arguments raise ``ValueError``. Messages contain no headers, bodies or settings, but
do contain the messages of Segment's own error objects.
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.workspace_summary import WorkspaceSummary


class ErrorObject(TypedDict, total=False):
    """One error object in the body of an error response. https://docs.segmentapis.com/tag/Error-Handling"""

    type: str
    message: str
    field: str
    status: float
    data: Any


class SegmentError(Exception):
    """Base class of this package's errors.

    ``transient`` is true where the same request may succeed later; the retry policy and the sensor depend on it.
    ``retry_after`` is the number of seconds that Segment asked to wait before the next request; ``None`` if it did not.
    """

    transient = False
    retry_after: float | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))

    def explain(self, addition: str) -> None:
        """Append an explanation to the message, such as the number of attempts.

        :param addition: the explanation, without settings or secrets.
        """
        self.args = (printable(f"{self}; {addition}"), *self.args[1:])


class SegmentApiError(SegmentError):
    """Segment returned an error status.

    :param message: what happened.
    :param status: HTTP status.
    :param errors: the error objects of the response, possibly none.
    :param method: method of the request.
    :param path: path of the request, percent-encoded, without the query.
    """

    # Defaults, because exceptions are rebuilt from their message alone when pickled between processes.
    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        errors: tuple[ErrorObject, ...] = (),
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors
        self.method = method
        self.path = path


class SegmentAuthError(SegmentApiError):
    """401 or 403: the token is missing or wrong, lacks a permission, or belongs to the other region."""


class SegmentNotFoundError(SegmentApiError):
    """404, or no object has the requested identity."""


class SegmentConflictError(SegmentApiError):
    """409: the request conflicts with the current state."""


class SegmentInvalidRequestError(SegmentApiError):
    """400, 413 or 422: Segment rejected the request."""


class SegmentRateLimitError(SegmentApiError):
    """Waiting for a rate limit, after a 429 or before sending, would exceed the ``rate_limit_budget``.

    ``retry_after`` is the number of seconds to wait before the next try; ``None`` if unknown.
    """

    transient = True


class SegmentServerError(SegmentApiError):
    """5xx: Segment failed, even after all retries."""

    transient = True


class SegmentConnectionError(SegmentError):
    """No complete response: connection refused or reset, timeout, or untrusted certificate.

    :param message: what happened.
    :param sent: whether the request may have reached Segment.
    :param transient: whether a retry may succeed; it can't if the certificate is not trusted.
    """

    def __init__(self, message: str = "", *, sent: bool = True, transient: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        self.transient = transient


class SegmentProtocolError(SegmentError):
    """An invalid response: HTML, truncated JSON, a redirect, or fields that are missing or of the wrong type.

    :param message: what was received instead.
    :param status: HTTP status of the response.
    :param transient: whether a retry may succeed, as after a truncated response.
    """

    def __init__(self, message: str = "", *, status: int = 0, transient: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.transient = transient


class SegmentAmbiguousWriteError(SegmentError):
    """The object may or may not exist: the response to the create was lost, unreadable or a server error.

    :param message: what happened.
    :param seconds: time spent on the create so far.
    """

    def __init__(self, message: str = "", *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class _SegmentMatchError(SegmentError):
    """Base class of the errors about objects that already exist.

    :param message: what was found.
    :param ids: the ids of the objects found.
    """

    def __init__(self, message: str = "", *, ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.ids = ids


class SegmentAlreadyExistsError(_SegmentMatchError):
    """An existing object prevents the creation of a new one.

    Either an object with this identity exists and ``if_exists="fail"``, or the source can have only one destination of
    this type. ``ids`` contains the ids of the existing objects.
    """


class SegmentSeveralMatchesError(_SegmentMatchError):
    """More than one object has the identity; ``ids`` lists all of them, because choosing one would be a guess."""


class SegmentFilterCheckError(SegmentError):
    """A filter's result for a sample event differs from the expected one; nothing was written."""


class SegmentDestinationDisabledError(SegmentError):
    """The sensor's destination is disabled and ``if_disabled="fail"``."""


class SegmentUnexpectedResultError(SegmentError):
    """Segment created an object that differs from the request, for example in its name; the operators do not retry.

    :param message: what differs.
    :param id: id of the object.
    """

    def __init__(self, message: str = "", *, id: str = "") -> None:
        super().__init__(message)
        self.id = id


class SegmentPruneLimitError(SegmentError):
    """Pruning would delete more objects than the limit allows; nothing was written."""


class SegmentPartialFailureError(SegmentError):
    """Some destinations failed, or their descriptions became invalid or would remove too much after a wait.

    ``summary`` shows what was done to each destination.

    :param message: the failed destinations, each with its error.
    :param summary: what was done to each destination.
    """

    def __init__(self, message: str = "", *, summary: WorkspaceSummary | None = None) -> None:
        super().__init__(message)
        self.summary = summary


def is_final_error(error: Exception) -> bool:
    """Return whether an error is final: retrying the task cannot fix it, so the task must fail without a retry.

    This applies to invalid arguments, requests that Segment rejects, and sources, types or actions that do not exist.
    It does not apply to a rejected token, because tokens are rotated, or to an object that is not found by its
    identity, because lists lag.

    :param error: the error.
    """
    if isinstance(error, SegmentNotFoundError):
        return error.method == "POST" or error.path.startswith("/sources/")
    return isinstance(error, _FINAL)


_FINAL = (
    ValueError,
    SegmentInvalidRequestError,
    SegmentAlreadyExistsError,
    SegmentFilterCheckError,
    SegmentPruneLimitError,
    SegmentUnexpectedResultError,  # a retry would not find the object, and create another one
)

for _name, _kind in list(globals().items()):
    if _name.startswith("Segment"):  # tracebacks and pickles show the module from which users import the error
        _kind.__module__ = "airflow_provider_segment.exceptions"
