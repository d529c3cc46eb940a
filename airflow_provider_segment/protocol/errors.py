"""Everything that can go wrong, as types.

``SegmentApiError`` and below: Segment answered, and refused. The other errors: no usable answer, or an answer this
package cannot act on. Mistakes in arguments are ``ValueError``. No message holds headers, bodies or settings; the
texts of Segment's own error objects are shown.
"""

from __future__ import annotations

from typing import Any, TypedDict


class ErrorObject(TypedDict, total=False):
    """One error as Segment describes it. https://docs.segmentapis.com/tag/Error-Handling"""

    type: str
    message: str
    field: str
    status: float
    data: Any


class SegmentError(Exception):
    """Base of every error of this package.

    ``transient`` says whether the same request may well succeed later: the retry policy and the sensor go by it.
    """

    transient = False

    def explain(self, addition: str) -> None:
        """Add a sentence to the message, as when the retries are spent.

        :param addition: the sentence, without settings or secrets.
        """
        self.args = (f"{self}; {addition}", *self.args[1:])


class SegmentApiError(SegmentError):
    """Segment answered with an error status.

    :param message: what happened, for people.
    :param status: HTTP status.
    :param errors: Segment's own error objects, possibly none.
    :param method: of the request.
    :param path: of the request, percent-encoded, without the query.
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
    """401 or 403: no token, a wrong one, one without permission, or the other region's."""


class SegmentNotFoundError(SegmentApiError):
    """404, or no object has the identity asked for."""


class SegmentConflictError(SegmentApiError):
    """409: in conflict with the current state."""


class SegmentInvalidRequestError(SegmentApiError):
    """400, 413 or 422: Segment refuses what was asked."""


class SegmentRateLimitError(SegmentApiError):
    """429, and the connection's ``rate_limit_budget`` is spent.

    ``retry_after`` is how many seconds the next try should wait; ``None`` where nobody knows.
    """

    transient = True
    retry_after: float | None = None


class SegmentServerError(SegmentApiError):
    """5xx: a fault on Segment's side that outlasted the retries."""

    transient = True


class SegmentConnectionError(SegmentError):
    """No answer: refused, reset, timed out, or an untrusted certificate.

    :param message: what happened, for people.
    :param sent: whether the request may have reached Segment.
    :param transient: whether it may well succeed later; an untrusted certificate will not.
    """

    def __init__(self, message: str = "", *, sent: bool = True, transient: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        self.transient = transient


class SegmentProtocolError(SegmentError):
    """An answer that is not the API's: HTML, half a document, a redirect, or unexpected fields.

    :param message: what came instead.
    :param status: HTTP status of the answer.
    :param transient: whether it may well be the API's next time, as when an answer was cut short.
    """

    def __init__(self, message: str = "", *, status: int = 0, transient: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.transient = transient


class SegmentAmbiguousWriteError(SegmentError):
    """The answer to a create was lost: nobody knows whether the object exists now.

    :param message: what happened, for people.
    :param seconds: spent on it so far.
    """

    def __init__(self, message: str = "", *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class _SegmentMatchError(SegmentError):
    """Base of the errors about objects that exist already.

    :param message: what was found, for people.
    :param ids: the ids of the objects found.
    """

    def __init__(self, message: str = "", *, ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.ids = ids


class SegmentAlreadyExistsError(_SegmentMatchError):
    """``if_exists="fail"`` met an object with the same identity; ``ids`` holds its id."""


class SegmentSeveralMatchesError(_SegmentMatchError):
    """More than one object has the identity asked for; ``ids`` holds them all. Never a guess among them."""


class SegmentPruneLimitError(SegmentError):
    """More subscriptions would be removed than ``max_prune`` allows; nothing was written."""
