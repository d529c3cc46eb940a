"""Every error of this package.

Errors about the API derive from :class:`SegmentError` and never from an ``AirflowException``, so ``soft_fail`` turns
none of them into a skip. The two verdicts are no errors but answers to what the user asked for; they end the task
without a retry. Arguments are ``ValueError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.protocol.errors import (
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
    SegmentPruneLimitError,
    SegmentRateLimitError,
    SegmentServerError,
    SegmentSeveralMatchesError,
)

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.provisioning.plan import ApplySummary


class SegmentDeliveryFailedError(AirflowFailException):
    """The sensor's verdict: a condition of ``fail_when`` holds. Not retried; ``soft_fail`` skips."""


class SegmentDriftError(AirflowFailException):
    """The verdict of ``on_drift="fail"``: Segment is not as described. Nothing was written; not retried.

    :param message: what differs.
    :param plan: what an apply would do, in the form of its summary.
    """

    def __init__(self, message: str = "", *, plan: ApplySummary | None = None) -> None:
        super().__init__(message)
        self.plan = plan


__all__ = [
    "SegmentAlreadyExistsError",
    "SegmentAmbiguousWriteError",
    "SegmentApiError",
    "SegmentAuthError",
    "SegmentConflictError",
    "SegmentConnectionError",
    "SegmentDeliveryFailedError",
    "SegmentDriftError",
    "SegmentError",
    "SegmentInvalidRequestError",
    "SegmentNotFoundError",
    "SegmentProtocolError",
    "SegmentPruneLimitError",
    "SegmentRateLimitError",
    "SegmentServerError",
    "SegmentSeveralMatchesError",
]
