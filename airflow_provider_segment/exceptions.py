"""Every error of this package.

Errors about the API derive from :class:`SegmentError` and never from an ``AirflowException``, so ``soft_fail`` turns
none of them into a skip. The two verdicts are no errors but answers to what the user asked for; they end the task
without a retry. Arguments are ``ValueError``.
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.protocol.errors import (
    ErrorObject,
    SegmentAlreadyExistsError,
    SegmentAmbiguousWriteError,
    SegmentApiError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
    SegmentSeveralMatchesError,
)


class SegmentDeliveryFailedError(AirflowFailException):
    """The sensor's verdict: a condition of ``fail_when`` holds. Not retried; ``soft_fail`` skips."""


__all__ = [
    "ErrorObject",
    "SegmentAlreadyExistsError",
    "SegmentAmbiguousWriteError",
    "SegmentApiError",
    "SegmentAuthError",
    "SegmentConflictError",
    "SegmentConnectionError",
    "SegmentDeliveryFailedError",
    "SegmentError",
    "SegmentInvalidRequestError",
    "SegmentNotFoundError",
    "SegmentProtocolError",
    "SegmentRateLimitError",
    "SegmentServerError",
    "SegmentSeveralMatchesError",
]
